"""A few things that are dear to open, each lent to one thread at a time: connections."""

import queue
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class AllLent(Exception):
    """None came back in time."""


class Few(Generic[Thing]):
    """At most so many; the one that came back last is lent first, so that no more are opened than are needed.

    >>> few = Few(2, open_connection)
    >>> connection = few.lend(0.05)
    >>> few.take_back(connection)
    """

    def __init__(self, most: int, begin: Callable[[], Thing]) -> None:
        self._begin = begin
        self._idle: deque[Thing] = deque()
        self._permits: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(most):
            self._permits.put(None)

    def lend(self, seconds: float) -> Thing:
        """One that is idle, or a new one.

        Raises:
            AllLent: all were lent for as long as that.
            OSError: whatever beginning one raises.
        """
        try:
            self._permits.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise AllLent("all connections are in use") from None
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return self._begin()
        except BaseException:
            self._permits.put(None)
            raise

    def take_back(self, thing: Thing | None) -> None:
        """What was lent; None: it is of no more use, and another may be opened."""
        if thing is not None:
            self._idle.append(thing)
        self._permits.put(None)

    def take_idle(self) -> list[Thing]:
        """Take away all that are not lent."""
        found = []
        while self._idle:
            try:
                found.append(self._idle.pop())
            except IndexError:
                break
        return found
