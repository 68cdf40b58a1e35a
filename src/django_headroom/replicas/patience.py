"""Ending a statement that a server does not answer: one that hangs cannot be asked to stop, only be left.

A server that is stopped keeps its connections open and says nothing; its own ``statement_timeout`` is stopped with it.
So one thread of the process watches the statements that are under way, and cuts the connection of one that is late.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django_headroom.conf import headroom

_impatient: ContextVar[bool] = ContextVar("impatient", default=False)


class _Watch:
    """The statements that are under way, and the thread that looks after them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.under_way: dict[int, tuple[float, int]] = {}  # statement -> (when it is late, file descriptor)
        self.last = 0
        self.thread: threading.Thread | None = None
        self.is_asleep = False

    def begin(self, descriptor: int, seconds: float) -> int:
        with self.changed:
            self.last += 1
            self.under_way[self.last] = (time.monotonic() + seconds, descriptor)
            if self.thread is None:
                self.thread = threading.Thread(
                    target=self._look_after_them, name="headroom-patience", daemon=True
                )
                self.thread.start()
            elif self.is_asleep:
                self.changed.notify()
            return self.last

    def end(self, statement: int) -> None:
        """From here on the descriptor may become another's; it is cut under the same lock."""
        with self.changed:
            self.under_way.pop(statement, None)

    def _look_after_them(self) -> None:
        with self.changed:
            while True:
                now = time.monotonic()
                for statement, (late_at, descriptor) in list(self.under_way.items()):
                    if late_at <= now:
                        del self.under_way[statement]
                        _cut(descriptor)
                late = [late_at for late_at, _ in self.under_way.values()]
                # All have the same time, so a later one need not wake us: it is found when an earlier one is due.
                self.is_asleep = not late
                self.changed.wait(max(0.0, min(late) - now) if late else None)


def _cut(descriptor: int) -> None:
    """End a connection under the reader who waits at it: she sees an error, as if the server had gone."""
    with socket.socket(fileno=os.dup(descriptor)) as cut, suppress(OSError):  # it may have ended by itself
        cut.shutdown(socket.SHUT_RDWR)


_watch = _Watch()


@contextmanager
def impatient() -> Iterator[None]:
    """In this block a statement has ``REPLICA_ANSWER_SECONDS``; then its connection is cut, and it fails."""
    token = _impatient.set(True)
    try:
        yield
    finally:
        _impatient.reset(token)


def answered_in_time(execute: Any, *call: Any) -> Any:
    """An execute wrapper: watches the statement if the block is impatient."""
    if not _impatient.get():
        return execute(*call)
    statement = _watch.begin(call[-1]["connection"].connection.fileno(), headroom().replica_answer_seconds)
    try:
        return execute(*call)
    finally:
        _watch.end(statement)


def _begin_afresh() -> None:
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_begin_afresh)
