"""The app of forums."""

from django.apps import AppConfig


class ForumsConfig(AppConfig):
    name = "descant.forums"
    label = "forums"
    default_auto_field = "django.db.models.BigAutoField"
