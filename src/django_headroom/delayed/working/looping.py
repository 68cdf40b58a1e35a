"""``Worker``: drains every database, with threads for each lane, woken when something is said and asking besides.

A database that hangs keeps no other waiting: each has somebody who listens, and a thread of each lane that the others
do not take.
"""

import logging
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from django_headroom.delayed.models import Lane
from django_headroom.delayed.worker import BATCH, drain
from django_headroom.delayed.working.bell import Ear, ear_at
from django_headroom.delayed.working.channels import channels_in, missed_in

LOOK_EVERY = 0.1  # seconds, where nobody rings
ASK_EVERY = 1.0  # seconds; whatever was missed, and what is tried again
AWAY_SECONDS = 1.0  # in which a database that cannot be reached is left alone

Rest = Callable[[float, bool], float]
"""(seconds that a round took, whether there is more) -> seconds to leave a database's lane alone."""
_log = logging.getLogger(__name__)


def no_rest(took: float, is_full: bool) -> float:
    """Go on at once."""
    return 0.0


class Board:
    """Which databases each lane should look at, when, and how many of its threads are there.

    Args:
        threads: how many each lane has; at least one for each database.
    """

    def __init__(self, aliases: Sequence[str], threads: Mapping[Lane, int]) -> None:
        self._aliases, self._free = aliases, dict(threads)
        self._there: dict[Lane, Counter[str]] = {lane: Counter() for lane in Lane}
        self._rung: dict[Lane, dict[str, None]] = {lane: {} for lane in Lane}
        self._rests_until: dict[Lane, dict[str, float]] = {lane: {} for lane in Lane}
        self._changed = threading.Condition()
        self._is_over = False

    def ring(self, alias: str, lanes: Sequence[Lane] = tuple(Lane)) -> None:
        """Say that something may be due there."""
        with self._changed:
            for lane in lanes:
                self._rung[lane][alias] = None
            self._changed.notify_all()

    def take(self, lane: Lane) -> str | None:
        """Wait for a database to look at, and go there; None at the end."""
        with self._changed:
            while (alias := self._next(lane)) is None and not self._is_over:
                self._changed.wait(self._rest_left(lane))
            if self._is_over or alias is None:
                return None
            del self._rung[lane][alias]
            self._there[lane][alias] += 1
            self._free[lane] -= 1
            return alias

    def leave(self, lane: Lane, alias: str, rest: float = 0.0) -> None:
        """Be free for another; for so many seconds none of the lane comes here."""
        with self._changed:
            if rest:
                self._rests_until[lane][alias] = time.monotonic() + rest
            self._there[lane][alias] -= 1
            self._free[lane] += 1
            self._changed.notify_all()

    def end(self) -> None:
        """Let everybody go."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _next(self, lane: Lane) -> str | None:
        """The next where nobody is, or one more may be: a thread is left for each database that has none."""
        there, rests_until, now = self._there[lane], self._rests_until[lane], time.monotonic()
        awake = (alias for alias in self._rung[lane] if rests_until.get(alias, 0.0) <= now)
        is_one_to_spare = self._free[lane] > sum(not there[alias] for alias in self._aliases)
        return next((alias for alias in awake if is_one_to_spare or not there[alias]), None)

    def _rest_left(self, lane: Lane) -> float | None:
        """Seconds until the first of those that are rung has rested; None: none of them rests."""
        now, rests_until = time.monotonic(), self._rests_until[lane]
        left = (rests_until.get(alias, 0.0) - now for alias in self._rung[lane])
        return min((seconds for seconds in left if seconds > 0), default=None)


class Worker:
    """Tells what is said in some databases, until it is stopped.

    Args:
        aliases: the databases.
        threads: how many for each lane, and one more for each database after the first; more where there are as many
            channels, so that one is left when all hang.
        rest: says after each round how long a lane leaves a database alone, except for what is urgent.

    >>> with Worker(["default", "p1"]):
    ...     stop.wait()
    """

    def __init__(self, aliases: Sequence[str], *, threads: int = 2, rest: Rest = no_rest) -> None:
        self._rest = rest
        self._stop = threading.Event()
        self._woken, self._waking = socket.socketpair()  # can be read from the end on, by all who listen
        others = len(aliases) - 1
        many = {lane: max(threads, 1 + len(channels_in(lane))) + others for lane in Lane}
        self._board = Board(aliases, many)
        named = [(f"headroom-{lane.name.lower()}", lane) for lane in Lane for _ in range(many[lane])]
        self._threads = [threading.Thread(target=self._work, args=[lane], name=name) for name, lane in named]
        self._threads += [
            threading.Thread(target=self._listen, args=[alias], name=f"headroom-bell-{alias}")
            for alias in aliases
        ]

    def __enter__(self) -> "Worker":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Let each thread finish what it is telling."""
        self._stop.set()
        self._board.end()
        self._waking.send(b"!")  # who listens may sleep for long
        for thread in self._threads:
            thread.join()
        self._woken.close()
        self._waking.close()

    def _listen(self, alias: str) -> None:
        ear, asked_at = ear_at(alias), 0.0
        while not self._stop.is_set():
            is_time = time.monotonic() >= asked_at + ASK_EVERY
            if _hears(alias, ear) or is_time:
                self._board.ring(alias)
            if is_time:
                asked_at = time.monotonic()
            line = ear.line()  # where there is one somebody rings
            lines, sleep = ([], LOOK_EVERY) if line is None else ([line], ASK_EVERY / 2)
            select.select([*lines, self._woken.fileno()], [], [], sleep)
        ear.close()

    def _work(self, lane: Lane) -> None:
        while (alias := self._board.take(lane)) is not None:
            rest = 0.0
            try:
                rest = self._round(lane, alias)
            finally:
                self._board.leave(lane, alias, rest)
        connections.close_all()

    def _round(self, lane: Lane, alias: str) -> float:
        """Tell a batch. Seconds for which the lane is to leave the database alone."""
        began = time.monotonic()
        try:
            took = drain(alias, [lane])
        except (DatabaseError, InterfaceError) as error:
            _log.warning("Events of the database %s cannot be told just now: %s", alias, error)
            return AWAY_SECONDS
        finally:
            close_old_connections()
        if not took:
            return 0.0
        is_full = took == BATCH
        self._board.ring(alias, [each for each in Lane if each > lane or (each == lane and is_full)])
        for each in missed_in(lane):
            self._board.ring(each, [lane])
        return 0.0 if lane == Lane.HIGH else self._rest(time.monotonic() - began, is_full)


def _hears(alias: str, ear: Ear) -> bool:
    try:
        return ear.has_come()
    except DatabaseError as error:
        _log.warning("Whether something was said in the database %s cannot be seen: %s", alias, error)
        return True
