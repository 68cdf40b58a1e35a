"""`descant worker`: tells receivers what was said and brings in what was counted, until it is stopped."""

import argparse
import logging
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from django.db import InterfaceError, OperationalError, close_old_connections

from descant.operate.upgrading import aliases
from django_headroom.counters.flushing import flush
from django_headroom.delayed.worker import BATCH, drain

NAME = "worker"
HELP = "do what follows a comment, until stopped"
PAUSE = 0.25
NICENESS = 10
COUNT_EVERY = 5.0

_log = logging.getLogger(__name__)
_stop = threading.Event()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="end when nothing is due")


def run(options: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    _give_way()
    counted_at = float("-inf")
    while not _stop.is_set():
        most = _drain_all()
        if time.monotonic() > counted_at + COUNT_EVERY:
            counted_at = time.monotonic()
            bring_in_counts()
        if options.once and not most:
            break
        if most < BATCH and not options.once:  # what has come since is worth a round only together with more
            _stop.wait(PAUSE)
    return 0


def _give_way() -> None:
    """On a busy machine those who read and write come first; what follows a comment may wait."""
    os.nice(NICENESS)
    with suppress(OSError):  # Linux weighs sessions against each other, and ours is one by itself
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def _drain_all() -> int:
    """One round over the databases, and the most that one had; one out of reach is tried again in the next."""
    most = 0
    for alias in aliases():
        try:
            most = max(most, drain(alias))
        except (OperationalError, InterfaceError) as error:
            _log.warning("The database %s cannot be reached: %s", alias, error)
            close_old_connections()
            _stop.wait(1)
    return most


def bring_in_counts() -> None:
    """What was counted on this machine goes into its rows; where a database is out of reach it waits."""
    try:
        flush()
    except (OperationalError, InterfaceError) as error:
        _log.warning("What was counted waits, for a database cannot be reached: %s", error)
        close_old_connections()


def _end(number: int, frame: FrameType | None) -> None:
    _stop.set()
