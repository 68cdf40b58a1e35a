"""Sparing a primary whose replicas are all away: so many readers at once go to it in their stead, and no more."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django_headroom.conf import headroom
from django_headroom.connections.patience import OutOfReach
from django_headroom.replicas import sessions, watching

_inside: ContextVar[frozenset[str]] = ContextVar("inside", default=frozenset())
_changed = threading.Condition()
_reading: Counter[str] = Counter()


class PrimaryIsSpared(OutOfReach):
    """A read for which no replica is near, while as many as may do so read the primary already."""


@contextmanager
def spared(primary: str) -> Iterator[None]:
    """In this block the primary is read; if that is in place of a replica, it waits for its turn.

    Raises:
        PrimaryIsSpared: no turn came in ``REPLICA_ANSWER_SECONDS``.
    """
    if primary in _inside.get() or not _is_instead_of_a_replica(primary):
        yield
        return
    with _changed:
        if not _changed.wait_for(lambda: _has_a_place(primary), headroom().replica_answer_seconds):
            raise PrimaryIsSpared(
                f"No replica of {primary!r} is near, and {headroom().replica_fallbacks} readers of this process read "
                f"it in their stead: try again in a moment. See to its replicas, or raise "
                f"HEADROOM['REPLICA_FALLBACKS']."
            )
        _reading[primary] += 1
    token = _inside.set(_inside.get() | {primary})
    try:
        yield
    finally:
        _inside.reset(token)
        with _changed:
            _reading[primary] -= 1
            _changed.notify_all()


def _is_instead_of_a_replica(primary: str) -> bool:
    """Whoever writes there, or must see what was written, would read it anyway."""
    session = sessions.current()
    writes = session is not None and (session.fresh or primary in session.written)
    return not writes and not sessions.is_in_transaction(primary) and not watching.has_near(primary)


def _has_a_place(primary: str) -> bool:
    most = headroom().replica_fallbacks
    return not most or _reading[primary] < most


def _begin_afresh() -> None:
    global _changed
    _changed = threading.Condition()
    _reading.clear()


os.register_at_fork(after_in_child=_begin_afresh)
