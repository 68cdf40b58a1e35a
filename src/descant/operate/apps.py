"""The app of the operators' side; it has pages and styles, and no tables."""

from django.apps import AppConfig


class OperateConfig(AppConfig):
    name = "descant.operate"
    label = "operate"
