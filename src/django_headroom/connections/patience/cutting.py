"""Cutting connections: one thread of the process watches what is under way, and ends what is late."""

import itertools
import os
import socket
import threading
import time
from contextlib import suppress


def begin(descriptor: int, seconds: float) -> int:
    """From now on a connection has so many seconds; gives a number for ``end``."""
    return _watch.begin(descriptor, seconds)


def end(statement: int) -> bool:
    """Whether it was in time; else its connection has been cut."""
    return _watch.end(statement)


class _Watch:
    """What is under way, and the thread that looks after it.

    A statement is entered and taken out by one step each, without a lock: there are many, and hardly one is late.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.under_way: dict[int, tuple[float, int]] = {}  # statement -> (when it is late, file descriptor)
        self.numbers = itertools.count()
        self.thread: threading.Thread | None = None
        self.looks_at = float("inf")

    def begin(self, descriptor: int, seconds: float) -> int:
        statement, late_at = next(self.numbers), time.monotonic() + seconds
        self.under_way[statement] = (late_at, descriptor)
        if late_at < self.looks_at:  # else it is found when the thread looks for another's sake
            with self.changed:
                if self.thread is None:
                    self.thread = threading.Thread(
                        target=self._look_after_them, name="headroom-patience", daemon=True
                    )
                    self.thread.start()
                self.changed.notify()
        return statement

    def end(self, statement: int) -> bool:
        """Whether it was in time. The descriptor may become another's now, so a cut that has begun is awaited."""
        if self.under_way.pop(statement, None) is not None:
            return True
        with self.changed:
            return False

    def _look_after_them(self) -> None:
        with self.changed:
            while True:
                self.looks_at = float("inf")  # who comes from here on and is not seen below will wake us
                now = time.monotonic()
                for statement, (late_at, _) in list(self.under_way.items()):
                    if late_at <= now and (late := self.under_way.pop(statement, None)):
                        _cut(late[1])
                next_at = min((late_at for late_at, _ in list(self.under_way.values())), default=float("inf"))
                self.looks_at = next_at
                self.changed.wait(max(0.0, next_at - now) if next_at < float("inf") else None)


def _cut(descriptor: int) -> None:
    """End a connection under the reader who waits at it: she sees an error, as if the server had gone."""
    with socket.socket(fileno=os.dup(descriptor)) as cut, suppress(OSError):  # it may have ended by itself
        cut.shutdown(socket.SHUT_RDWR)


_watch = _Watch()


def _begin_afresh() -> None:
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_begin_afresh)
