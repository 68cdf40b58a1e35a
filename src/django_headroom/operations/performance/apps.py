"""The Django app that measures; it hears of connections, caches, templates and calls from its start on."""

from importlib import import_module

from django.apps import AppConfig

from django_headroom.operations import exporting
from django_headroom.operations.performance import hearing, recording, telling, watching


class PerformanceConfig(AppConfig):
    name = "django_headroom.operations.performance"
    label = "performance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        sums = import_module(f"{__package__}.sums")  # it imports models, which exist only now
        hearing.listen()
        hearing.when_slow.append(sums.note_slow)
        recording.at_the_start.append(watching.watch)
        recording.at_the_end += [telling.tell, sums.add]
        exporting.begin()
