"""`descant worker`: tells receivers what was said, in every database of the site, until it is stopped."""

import argparse
import logging
import signal
import threading
from types import FrameType

from django.db import InterfaceError, OperationalError, close_old_connections

from descant.operate.upgrading import aliases
from django_headroom.delayed.worker import drain

NAME = "worker"
HELP = "do what follows a comment, until stopped"
PAUSE = 0.25

_log = logging.getLogger(__name__)
_stop = threading.Event()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="end when nothing is due")


def run(options: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    while not _stop.is_set():
        busy = _drain_all()
        if options.once and not busy:
            break
        if not busy:
            _stop.wait(PAUSE)
    return 0


def _drain_all() -> bool:
    """One round over the databases; one that cannot be reached is tried again in the next."""
    busy = False
    for alias in aliases():
        try:
            busy = drain(alias) > 0 or busy
        except (OperationalError, InterfaceError) as error:
            _log.warning("The database %s cannot be reached: %s", alias, error)
            close_old_connections()
            _stop.wait(1)
    return busy


def _end(number: int, frame: FrameType | None) -> None:
    _stop.set()
