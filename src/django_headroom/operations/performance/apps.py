"""The Django app that measures; it hears of connections, caches, templates and calls from its start on."""

from django.apps import AppConfig

from django_headroom.operations.performance import hearing, recording, telling, watching


class PerformanceConfig(AppConfig):
    name = "django_headroom.operations.performance"
    label = "performance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        hearing.listen()
        recording.at_the_start.append(watching.watch)
        recording.at_the_end.append(telling.tell)
