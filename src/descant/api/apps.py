"""The app of the programs' side; it has a template and a style, and no tables."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "descant.api"
    label = "api"
