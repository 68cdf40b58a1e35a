"""What this process has counted and not written down yet: one line a few times a second, not one for each increment.

While nothing is counted nothing runs. The first increment starts a clock, a thread that rings once and writes down what
has come since. Python waits for it at its end, so a process that ends takes nothing with it.
"""

import atexit
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db import DatabaseError, InterfaceError, OperationalError, connections, transaction

from django_headroom.conf import headroom
from django_headroom.counters import journal
from django_headroom.counters.adding import add_in_order
from django_headroom.counters.journal import Place

logger = logging.getLogger(__name__)


class _Waiting:
    """The increments of this process that wait, by the folder that was named when they came."""

    def __init__(self) -> None:
        self.sums: dict[str, dict[Place, int]] = {}
        self.clock: threading.Timer | None = None
        self.lock = threading.Lock()  # of the two above; not held while a file is written
        self.writing = (
            threading.Lock()
        )  # held while one is: who asks for the sum waits for what is on its way


_waiting = _Waiting()


def gather(amounts: Mapping[Place, int]) -> None:
    """Keep increments until the clock rings."""
    settings = headroom()
    _keep(amounts, settings.counters_folder)
    if _waiting.clock is None:
        _start_clock(settings.counters_gather_seconds)


def write_down() -> None:
    """Write down at once what this process has gathered; what another thread is at is waited for.

    Raises:
        OperationalError, InterfaceError: neither a file nor the database takes it; then it waits on.
    """
    with _waiting.writing:
        with _waiting.lock:
            sums, _waiting.sums = _waiting.sums, {}
        try:
            for folder in list(sums):
                put(sums[folder], folder)
                del sums[folder]
        finally:
            for folder, amounts in sums.items():
                _keep(amounts, folder)


def write_down_at_the_end() -> None:
    """The last that a process does; where nothing takes it, a line says so, for nobody is left who could be told."""
    try:
        write_down()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("What was counted last is lost: neither a file nor the database takes it: %s", error)


def put(amounts: dict[Place, int], folder: str | None = None) -> None:
    """Write increments into the file of this machine; where none can be written, into their rows at once."""
    try:
        named = buffer_folder(folder)
        if named is None:
            raise FileNotFoundError
        journal.append(named, amounts)
    except OSError:
        _add_at_once(amounts)


def buffer_folder(named: str | None = None) -> Path | None:
    """Where this machine writes down what it counts; None where the settings name no folder."""
    named = headroom().counters_folder if named is None else named
    return _made(named) if named else None


@cache
def _made(named: str) -> Path:
    """Once for each process, not for each increment."""
    folder = Path(named)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _add_at_once(amounts: dict[Place, int]) -> None:
    """What has been added is taken out; if a database fails, the rest is still in."""
    by_column: dict[tuple[str, str, str], dict[int, int]] = defaultdict(dict)
    for place, by in amounts.items():
        by_column[place.alias, place.model, place.column][place.pk] = by
    for (alias, model, column), rows in sorted(by_column.items()):
        with transaction.atomic(using=alias, savepoint=False):
            add_in_order(apps.get_model(model), column, rows, using=alias)
        for pk in rows:
            del amounts[Place(alias, model, column, pk)]


def _keep(amounts: Mapping[Place, int], folder: str) -> None:
    with _waiting.lock:
        sums = _waiting.sums.setdefault(folder, {})
        for place, by in amounts.items():
            sums[place] = sums.get(place, 0) + by


def _start_clock(seconds: float) -> None:
    with _waiting.lock:
        if _waiting.clock is None:
            clock = threading.Timer(seconds, _ring)
            clock.daemon = False  # threads of some servers are daemons, and would make it one
            clock.start()
            _waiting.clock = clock


def _ring() -> None:
    with _waiting.lock:
        _waiting.clock = None
    try:
        write_down()
    except (OperationalError, InterfaceError) as error:
        logger.warning("What was counted waits: neither a file nor the database takes it: %s", error)
        if threading.main_thread().is_alive():  # else the process would never end
            _start_clock(headroom().counters_gather_seconds)
    finally:
        connections.close_all()


def _begin_anew() -> None:
    """In a forked process: what its parent has gathered is the parent's to write down."""
    global _waiting
    _waiting = _Waiting()


def _hold() -> None:
    # A child that is forked in the middle of a line would hold the file's lock for as long as it lives.
    _waiting.writing.acquire()
    _waiting.lock.acquire()


def _let_go() -> None:
    _waiting.lock.release()
    _waiting.writing.release()


os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_begin_anew)
atexit.register(write_down_at_the_end)
