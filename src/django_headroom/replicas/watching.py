"""How far each replica is: looked at once a second by one thread of the process; all readers use the last look.

Lag has two measures. Bytes: what the primary has written less what the replica has replayed. Seconds: how long ago the
primary was where the replica is now; of a quiet database that is none, and no two clocks are compared.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from django_headroom.conf import headroom
from django_headroom.connections.patience import answered_within
from django_headroom.replicas import positions
from django_headroom.replicas.positions import NOWHERE, Position

KEPT = 200  # how many of a primary's positions are remembered


@dataclass(frozen=True)
class Look:
    """What was seen of a replica, and when."""

    near: bool
    at: float
    reached: Position = NOWHERE
    late: float = 0.0  # seconds since its primary was where it is


_looks: dict[str, Look] = {}
_trails: dict[str, deque[tuple[float, Position]]] = {}
_looking: dict[str, threading.Thread] = {}
_gone: set[str] = set()  # primaries that did not answer when they were last asked
_lock = threading.Lock()


def is_near(primary: str, replica: str) -> bool:
    """Whether the last look found a replica within the allowed lag; sends for another look when that one is old.

    Of a replica that has not answered for a while it is False: a look that hangs says enough. Only where the primary is
    known not to answer, so that there is nobody else to ask, the look is awaited.
    """
    look, pause = _looks.get(replica), headroom().replica_check_seconds
    age = time.monotonic() - look.at if look else float("inf")
    if age >= pause and connections[primary].vendor == "postgresql":
        looking = _send(replica, _look_aside, primary, replica)
        if primary in _gone and age >= _longest_age():
            looking.join(headroom().replica_answer_seconds)
            look = _looks.get(replica)
    return look is not None and look.near and time.monotonic() - look.at < _longest_age()


def _longest_age() -> float:
    return 2 * headroom().replica_check_seconds + headroom().replica_answer_seconds


def has_near(primary: str) -> bool:
    """Whether any replica of a database is near."""
    return any(is_near(primary, alias) for alias in headroom().replicas.get(primary, ()))


def leave(replica: str) -> None:
    """Read from a replica no more until the next look, and let go of a connection that may be broken."""
    look = _looks.get(replica)
    _looks[replica] = Look(False, time.monotonic(), look.reached if look else NOWHERE)
    connections[replica].close()


def is_of_history(replica: str, position: Position) -> bool:
    """Whether a replica replays the history in which a position is a place; places of others cannot be compared."""
    look = _looks.get(replica)
    return look is not None and look.reached.timeline == position.timeline


def has_replayed(replica: str, position: Position) -> bool:
    """Whether a replica is known to have replayed the log up to a position."""
    return is_of_history(replica, position) and _looks[replica].reached.place >= position.place


def last_seen(primary: str) -> Position:
    """Where a primary was at the last look; NOWHERE if there was none yet."""
    trail = _trails.get(primary)
    return trail[-1][1] if trail else NOWHERE


def is_too_late(replica: str, seconds: float) -> bool:
    """Whether a replica was so late at the last look that it would have to be very quick to come in some seconds."""
    look = _looks.get(replica)
    return look is None or look.late > seconds + time.monotonic() - look.at


def note_reached(replica: str, position: Position) -> None:
    """Somebody has heard how far a replica is, between two looks."""
    look = _looks.get(replica)
    if look is not None and look.reached.timeline == position.timeline:
        _looks[replica] = replace(look, reached=max(look.reached, position, key=lambda each: each.place))


def look_at(primary: str, replica: str) -> None:
    """Look at a replica, and at its primary first, so that a write in between makes it look nearer and not farther."""
    _note_primary(primary)
    _note_replica(primary, replica)


@contextmanager
def impatient() -> Iterator[None]:
    """In this block a statement has ``REPLICA_ANSWER_SECONDS``; then its connection is cut, and it fails."""
    with answered_within(headroom().replica_answer_seconds):
        yield


def forget() -> None:
    """Begin afresh, as a process does that was forked."""
    global _lock
    _lock = threading.Lock()
    for kept in (_looks, _trails, _looking, _gone):
        kept.clear()


os.register_at_fork(after_in_child=forget)


def _look_aside(primary: str, replica: str) -> None:
    """As ``look_at``, but a primary that does not answer makes no replica look as silent: awaited so long only."""
    noting = _send(primary, _note_primary, primary)
    if primary not in _gone:
        noting.join(headroom().replica_answer_seconds)
    _note_replica(primary, replica)


def _send(whom: str, look: Callable[..., None], *aliases: str) -> threading.Thread:
    """The thread that looks, or one that does so already; what it opens is its own, and given back."""

    def looking() -> None:
        try:
            look(*aliases)
        finally:
            for alias in aliases:
                connections[alias].close()
            with _lock:
                _looking.pop(whom, None)

    with _lock:
        thread = _looking.get(whom)
        if thread is None:
            thread = _looking[whom] = threading.Thread(target=looking, name="headroom-look", daemon=True)
            thread.start()
        return thread


def _note_primary(primary: str) -> None:
    """Remember where the primary is; if it does not answer, replicas are held against where it was."""
    try:
        with impatient():
            position = positions.of_primary(primary, sent=True)
    except (OperationalError, InterfaceError):
        connections[primary].close()
        _gone.add(primary)
        return
    _gone.discard(primary)
    trail = _trails.setdefault(primary, deque(maxlen=KEPT))
    if trail and trail[-1][1].timeline != position.timeline:
        trail.clear()
    trail.append((time.monotonic(), position))


def _note_replica(primary: str, replica: str) -> None:
    try:
        with impatient():
            reached = positions.of_replica(replica)
    except DatabaseError:
        _looks[replica] = Look(False, time.monotonic())
        connections[replica].close()
        return
    late = _seconds_late(primary, reached)
    is_near = late <= headroom().replica_lag_seconds and _is_within_bytes(primary, reached)
    _looks[replica] = Look(is_near, time.monotonic(), reached, late)


def _seconds_late(primary: str, reached: Position) -> float:
    trail = tuple(_trails.get(primary, ()))
    if not trail:
        return 0.0  # the primary has never answered: any replica is better than none
    passed = [at for at, position in trail if position.place <= reached.place]
    return trail[-1][0] - passed[-1] if passed else float("inf")


def _is_within_bytes(primary: str, reached: Position) -> bool:
    trail = _trails.get(primary)
    if not trail:
        return True
    written = trail[-1][1]
    return (
        written.timeline == reached.timeline and written.place - reached.place <= headroom().replica_lag_bytes
    )
