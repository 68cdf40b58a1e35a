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
from django_headroom.delayed.working.channels import channels_in, was_missed

LOOK_EVERY = 0.1  # seconds, where nobody rings
ASK_EVERY = 1.0  # seconds; whatever was missed, and what is tried again
AWAY_SECONDS = 1.0  # in which a database that cannot be reached is left alone

Rest = Callable[[float, bool], float]
_log = logging.getLogger(__name__)


def no_rest(took: float, is_full: bool) -> float:
    """Go on at once."""
    return 0.0


class Board:
    """Which databases each lane should look at, and how many of its threads are there.

    Args:
        threads: how many each lane has; at least one for each database.
    """

    def __init__(self, aliases: Sequence[str], threads: Mapping[Lane, int]) -> None:
        self._aliases, self._free = aliases, dict(threads)
        self._there: dict[Lane, Counter[str]] = {lane: Counter() for lane in Lane}
        self._rung: dict[Lane, dict[str, None]] = {lane: {} for lane in Lane}
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
            self._changed.wait_for(lambda: self._is_over or self._next(lane) is not None)
            alias = self._next(lane)
            if self._is_over or alias is None:
                return None
            del self._rung[lane][alias]
            self._there[lane][alias] += 1
            self._free[lane] -= 1
            return alias

    def leave(self, lane: Lane, alias: str) -> None:
        """Be free for another."""
        with self._changed:
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
        there = self._there[lane]
        is_one_to_spare = self._free[lane] > sum(not there[alias] for alias in self._aliases)
        return next((alias for alias in self._rung[lane] if is_one_to_spare or not there[alias]), None)


class Worker:
    """Tells what is said in some databases, until it is stopped.

    Args:
        aliases: the databases.
        threads: how many for each lane, and one more for each database after the first; more where there are as many
            channels, so that one is left when all hang.
        rest: (seconds that a round took, whether there is more) -> seconds to leave the machine to others, except for
            what is urgent.

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
            began = time.monotonic()
            try:
                took = drain(alias, [lane])
            except (DatabaseError, InterfaceError) as error:
                _log.warning("Events of the database %s cannot be told just now: %s", alias, error)
                self._stop.wait(AWAY_SECONDS)
                took = 0
            finally:
                self._board.leave(lane, alias)
            close_old_connections()
            if took:
                is_more = took == BATCH or was_missed(lane)
                later = [each for each in Lane if each > lane or (each == lane and is_more)]
                self._board.ring(alias, later)
                if lane != Lane.HIGH:
                    self._stop.wait(self._rest(time.monotonic() - began, took == BATCH))
        connections.close_all()


def _hears(alias: str, ear: Ear) -> bool:
    try:
        return ear.has_come()
    except DatabaseError as error:
        _log.warning("Whether something was said in the database %s cannot be seen: %s", alias, error)
        return True
