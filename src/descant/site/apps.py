"""What holds for every process of a site.

Its pools find out which connections the server has ended, and remote work inside a transaction is reported. What a
switch was in a request it is in what follows from it.
"""

from functools import partial
from importlib import import_module

from django.apps import AppConfig

from django_headroom.conf import headroom
from django_headroom.connections import pooling
from django_headroom.delayed import surrounding
from django_headroom.operations.performance import recorded
from django_headroom.operations.switches import given, held


class SiteConfig(AppConfig):
    name = "descant.site"

    def ready(self) -> None:
        pooling.guard_connections()
        if headroom().performance_traces:
            traces = import_module("django_headroom.operations.exporting.opentelemetry")
            surrounding.carried["trace"] = (traces.carried, traces.continuing)
        surrounding.around.append(partial(recorded, "job"))
        surrounding.around.append(import_module("django_headroom.operations.errors.capturing").met)
        surrounding.carried["switches"] = (given, held)
        import_module("django_headroom.transactions.guarding").report_holding()
