"""Tells Django of the application."""

from django.apps import AppConfig


class CountersConfig(AppConfig):
    name = "django_headroom.counters"
    label = "counters"
    default_auto_field = "django.db.models.BigAutoField"
