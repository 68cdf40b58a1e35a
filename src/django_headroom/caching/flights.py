"""One caller of this process at a time for each key; the others wait for what she brings, or go on without."""

import os
import time
from threading import BoundedSemaphore, Event, Lock
from typing import Any

from django_headroom.conf import headroom

Place = tuple[int, str]  # a store, and a key in it

_flights: dict[Place, "Flight"] = {}
_caps: dict[int, BoundedSemaphore] = {}
_lock = Lock()


class Flight:
    """One caller who sees to a key, from her coming to her end."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.brought: Any = None
        self.failed: Exception | None = None
        self._has_landed = Event()

    def wait(self, seconds: float) -> bool:
        """Whether it ended in this time."""
        return self._has_landed.wait(max(0.0, seconds))


def board(place: Place) -> tuple["Flight", bool]:
    """The flight for a key, and whether the caller is the one who flies it; then she must ``land`` it."""
    with _lock:
        flight = _flights.get(place)
        if flight is not None:
            return flight, False
        flight = _flights[place] = Flight()
        return flight, True


def land(place: Place, flight: "Flight") -> None:
    """Let those go who waited."""
    with _lock:
        _flights.pop(place, None)
    flight._has_landed.set()


def makers() -> BoundedSemaphore:
    """How many of this process may make values at once that others are at already."""
    number = headroom().fetch_makers
    with _lock:
        return _caps.setdefault(number, BoundedSemaphore(number))


def _forget() -> None:
    """In a forked process nobody is in the air."""
    global _lock
    _lock = Lock()
    _flights.clear()
    _caps.clear()


os.register_at_fork(after_in_child=_forget)
