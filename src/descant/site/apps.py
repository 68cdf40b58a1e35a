"""What holds for every process of a site.

Its pools find out which connections the server has ended, and remote work inside a transaction is reported.
"""

from importlib import import_module

from django.apps import AppConfig

from django_headroom.connections import pooling


class SiteConfig(AppConfig):
    name = "descant.site"

    def ready(self) -> None:
        pooling.guard_connections()
        import_module("django_headroom.transactions.guarding").report_holding()
