"""The Django app that holds the outbox table."""

from django.apps import AppConfig


class DelayedConfig(AppConfig):
    name = "django_headroom.delayed"
    label = "delayed"
    default_auto_field = "django.db.models.BigAutoField"
