"""The app of discussions."""

from django.apps import AppConfig


class DiscussionConfig(AppConfig):
    name = "descant.discussion"
    label = "discussion"
    default_auto_field = "django.db.models.BigAutoField"
