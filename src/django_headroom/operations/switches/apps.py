"""The Django app that holds the turns of switches, and what people have chosen."""

from django.apps import AppConfig


class SwitchesConfig(AppConfig):
    name = "django_headroom.operations.switches"
    label = "switches"
    default_auto_field = "django.db.models.BigAutoField"
