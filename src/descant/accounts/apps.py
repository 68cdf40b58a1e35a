"""The app of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "descant.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
