"""The app of what comes in and goes out."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "descant.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
