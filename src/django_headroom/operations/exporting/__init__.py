"""What is recorded, for others to read: numbers for Prometheus and spans for OpenTelemetry, each where it is asked for.

Nothing of either is imported before the settings ask for it.
"""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

from django_headroom.conf import headroom


class Reading(NamedTuple):
    """Something that goes up and down in this process: what it is, and how it is read."""

    words: str
    read: Callable[[], float]


readings: dict[str, Reading] = {}


def reads(name: str, words: str, read: Callable[[], float]) -> None:
    """Have something read once a second where numbers are told to Prometheus, and summed over all processes.

    Args:
        name: by the conventions of Prometheus: "shop_open_baskets".
        words: what it is, in a sentence.
        read: it must be quick, and must not raise.

    >>> reads("shop_open_baskets", "Baskets that somebody fills.", lambda: len(baskets))
    """
    readings[name] = Reading(words, read)


def begin() -> None:
    """Begin what the settings ask for, once for a process."""
    if folder := headroom().performance_metrics:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # the library reads it when it is imported
        _begin("prometheus", "prometheus-client")
    if headroom().performance_traces:
        _begin("opentelemetry", "opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http")


def _begin(name: str, libraries: str) -> None:
    try:
        import_module(f"{__name__}.{name}").begin()
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(
            f"The settings ask for what {libraries} does, and it is not installed: pip install it."
        ) from error
