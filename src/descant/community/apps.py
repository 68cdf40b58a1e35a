"""The app of communities and people; it has templates and styles, and no tables."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "descant.community"
    label = "community"
