"""System checks: replicas that there are, refuse to be written to by themselves, and are not waited for."""

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.db import connections

from django_headroom.conf import headroom


@checks.register("headroom")
def check_replicas(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """What each alias in ``HEADROOM["REPLICAS"]`` lacks."""
    return [lack for primary, copies in headroom().replicas.items() for lack in _check(primary, [*copies])]


def _check(primary: str, copies: list[str]) -> Iterator[checks.CheckMessage]:
    for alias in (primary, *copies):
        if alias not in connections.settings:
            yield checks.Error(
                f"HEADROOM['REPLICAS'] names {alias!r}, and DATABASES has no such alias.",
                hint="Add it to DATABASES, or correct the name.",
                id="headroom.E201",
            )
    for alias in set(copies) & set(connections.settings):
        options = connections.settings[alias].get("OPTIONS", {})
        if not connections.settings[alias]["ENGINE"].endswith("postgresql"):
            continue
        if "default_transaction_read_only=on" not in options.get("options", "").replace(" ", ""):
            yield checks.Warning(
                f"The replica {alias!r} would take a write if it were promoted, or led to a primary by mistake.",
                hint=f"Set DATABASES[{alias!r}]['OPTIONS']['options'] = '-c default_transaction_read_only=on'.",
                id="headroom.W202",
            )
        if "connect_timeout" not in options:
            yield checks.Warning(
                f"The replica {alias!r} is waited for without end while its machine does not answer.",
                hint=f"Set DATABASES[{alias!r}]['OPTIONS']['connect_timeout'] = 2, and a pool with a short timeout.",
                id="headroom.W203",
            )
