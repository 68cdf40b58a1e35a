"""What is felt of a feature while it is on; a guard turns it off when errors or slowness cross its bound."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.declaring import Guard, declared

WINDOW = 10.0  # seconds

_log = logging.getLogger(__name__)
_lock = threading.Lock()


class Sum(NamedTuple):
    """What was felt of a feature in some time, in one process or in several."""

    version: int
    """The turn by which the switch stood."""
    calls: int
    errors: int
    slow: int
    processes: int = 1


@dataclass
class _Felt:
    since: float
    version: int
    calls: int = 0
    errors: int = 0
    slow: int = 0


_felt: dict[str, _Felt] = {}


@contextmanager
def felt(name: str, *, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Count a call of a feature for its guard: whether it failed, and whether it was slow.

    Args:
        but: exceptions that are no failure, such as a refusal.

    >>> with felt("wings"):
    ...     fly()
    """
    switch = declared().get(name)
    if switch is None or switch.guard is None:
        yield
        return
    began, failed = time.perf_counter(), True
    try:
        yield
        failed = False
    except but:
        failed = False
        raise
    finally:
        _count(name, switch.guard, failed, time.perf_counter() - began)


def _count(name: str, guard: Guard, failed: bool, seconds: float) -> None:
    with _lock:
        now = time.monotonic()
        found = _felt.get(name)
        version = knowing.version_of(name)
        if found is None or now > found.since + WINDOW or found.version != version:
            found = _felt[name] = _Felt(now, version)
        found.calls += 1
        found.errors += failed
        found.slow += bool(guard.seconds) and seconds > guard.seconds


def sums() -> dict[str, Sum]:
    """What this process has felt lately."""
    now = time.monotonic()
    with _lock:
        return {
            name: Sum(each.version, each.calls, each.errors, each.slow)
            for name, each in _felt.items()
            if now <= each.since + WINDOW
        }


def judge(found: Mapping[str, Sum]) -> None:
    """Turn off, here at once, what has crossed its bound; whoever listens tells the others."""
    for name, felt in found.items():
        switch = declared().get(name)
        if switch is None or switch.guard is None or felt.version != knowing.version_of(name):
            continue  # it has been turned meanwhile, and has to show itself anew
        why = _crossed(switch.guard, felt)
        if why and knowing.answers.get(name) is not False:
            _log.error("The switch %s is turned off by its guard: %s", name, why)
            knowing.trip(name, why)


def _crossed(guard: Guard, felt: Sum) -> str:
    """Why, in words; empty if no bound is crossed."""
    if felt.calls < guard.least:
        return ""
    calls = f"of {felt.calls} calls"
    if felt.processes > 1:
        calls += f" in {felt.processes} processes"
    if felt.errors > guard.errors * felt.calls:
        return f"{felt.errors} {calls} failed; {guard.errors:.0%} may"
    if felt.slow > guard.slow * felt.calls:
        return f"{felt.slow} {calls} took more than {guard.seconds:g} s; {guard.slow:.0%} may"
    return ""


def forget() -> None:
    """Count anew; for tests."""
    with _lock:
        _felt.clear()
