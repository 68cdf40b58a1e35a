"""What holds for every process of a site: its pools find out which connections the server has ended."""

from django.apps import AppConfig

from django_headroom.connections import pooling


class SiteConfig(AppConfig):
    name = "descant.site"

    def ready(self) -> None:
        pooling.guard_connections()
