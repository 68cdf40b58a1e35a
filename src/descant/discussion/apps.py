"""The app of discussions; its receivers are connected when it is ready."""

from importlib import import_module

from django.apps import AppConfig


class DiscussionConfig(AppConfig):
    name = "descant.discussion"
    label = "discussion"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("descant.discussion.reading.marks").connect()
