"""The app of what comes in and goes out; its receivers are connected when it is ready."""

from importlib import import_module

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "descant.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for name in ("leaving.wishes", "arriving.uploads"):
            import_module(f"descant.exchange.{name}").connect()
