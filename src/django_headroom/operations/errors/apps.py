"""Tells Django of the application; from then on what goes wrong in this process is counted."""

from importlib import import_module

from django.apps import AppConfig


class ErrorsConfig(AppConfig):
    name = "django_headroom.operations.errors"
    label = "errors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("django_headroom.operations.errors.capturing").start()
