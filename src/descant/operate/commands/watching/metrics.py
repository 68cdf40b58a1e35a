"""`descant metrics`: the port that Prometheus asks, for all processes of this machine and for the site's databases."""

import argparse
import errno
import logging
import signal
import threading
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from descant.operate.commands import CommandFailed

NAME = "metrics"
HELP = "answer Prometheus, on a port of its own"
REFUSALS = (ImproperlyConfigured,)
TRY_EVERY = 1.0  # seconds

_log = logging.getLogger(__name__)
_stop = threading.Event()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    return


def run(options: argparse.Namespace) -> int:
    if not settings.DESCANT_METRICS:
        raise CommandFailed("nothing is kept for Prometheus: set DESCANT_METRICS, such as 127.0.0.1:9464")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _stop.set())
    server = _server()
    if server is None:
        return 0
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _stop.wait()
        server.shutdown()
    return 0


def _server() -> Any:
    """Where the release before still has the port, its end is waited for; None if it was not worth the wait."""
    place = settings.DESCANT_METRICS
    make = import_module(f"{__package__}.site_metrics").server  # not everybody has Prometheus's library
    while not _stop.is_set():
        try:
            return make()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CommandFailed(f"cannot listen on {place}: {error.strerror}") from error
            _log.info("Somebody else listens on %s: it is waited for.", place)
        _stop.wait(TRY_EVERY)
    return None
