"""What is felt of a feature while it is on; a guard turns it off when errors or slowness cross its bound."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.declaring import Guard, declared

WINDOW = 10.0  # seconds

_log = logging.getLogger(__name__)
_lock = threading.Lock()


@dataclass
class _Felt:
    since: float
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
        if found is None or now > found.since + WINDOW:
            found = _felt[name] = _Felt(now)
        found.calls += 1
        found.errors += failed
        found.slow += bool(guard.seconds) and seconds > guard.seconds


def look() -> None:
    """Turn off, here at once, what has crossed its bound; whoever listens tells the others."""
    with _lock:
        found = {name: each for name, each in _felt.items() if each.calls}
    for name, each in found.items():
        guard = declared()[name].guard
        why = _crossed(guard, each) if guard else ""
        if why:
            with _lock:
                _felt.pop(name, None)
            if knowing.answers.get(name) is not False:
                _log.error("The switch %s is turned off by its guard: %s", name, why)
                knowing.trip(name, why)


def _crossed(guard: Guard, felt: _Felt) -> str:
    """Why, in words; empty if no bound is crossed."""
    if felt.calls < guard.least:
        return ""
    if felt.errors > guard.errors * felt.calls:
        return f"{felt.errors} of {felt.calls} calls failed; {guard.errors:.0%} may"
    if felt.slow > guard.slow * felt.calls:
        return f"{felt.slow} of {felt.calls} calls took more than {guard.seconds:g} s; {guard.slow:.0%} may"
    return ""


def forget() -> None:
    """Count anew; for tests."""
    with _lock:
        _felt.clear()
