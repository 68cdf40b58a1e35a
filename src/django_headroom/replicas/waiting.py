"""Waiting for a replica to come to a position: of all who wait in a process one asks it, and tells the others."""

import os
import threading
import time
from collections import defaultdict

from django.db import DatabaseError, connections

from django_headroom.replicas import watching
from django_headroom.replicas.positions import Position

POLL_SECONDS = 0.004
WAITS_ITSELF = 190_000  # PostgreSQL 19 has WAIT FOR LSN


class _Queue:
    """Those who wait for one replica. If all of them asked, they would keep each other from what they wait for."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_asking = False
        self.waiting: dict[threading.Event, Position] = {}

    def tell(self, reached: Position) -> None:
        with self.lock:
            for told, position in self.waiting.items():
                if position.place <= reached.place:
                    told.set()

    def end(self) -> None:
        """Nobody asks any more, so one of those who still wait will."""
        with self.lock:
            self.is_asking = False
            for told in self.waiting:
                told.set()


_queues: dict[str, _Queue] = defaultdict(_Queue)
os.register_at_fork(after_in_child=_queues.clear)


def comes_to(replica: str, position: Position, seconds: float) -> bool:
    """Whether a replica replays the log up to a position within some seconds; one far behind is not waited for."""
    until = time.monotonic() + seconds
    if not watching.is_of_history(replica, position) or watching.is_too_late(replica, seconds):
        return False
    try:
        while not watching.has_replayed(replica, position) and time.monotonic() < until:
            _ask_or_wait(replica, position, until)
    except DatabaseError:
        watching.leave(replica)
        return False
    return watching.has_replayed(replica, position)


def _ask_or_wait(replica: str, position: Position, until: float) -> None:
    queue, told = _queues[replica], threading.Event()
    with queue.lock:
        is_mine, queue.is_asking = not queue.is_asking, True
        if not is_mine:
            queue.waiting[told] = position
    try:
        if is_mine:
            with watching.impatient():
                _ask(replica, position, until)
        else:
            told.wait(max(0.0, until - time.monotonic()))
    finally:
        if is_mine:
            queue.end()
        else:
            with queue.lock:
                queue.waiting.pop(told)


def _ask(replica: str, position: Position, until: float) -> None:
    """Ask until it is there or the time is over, and tell what was heard."""
    with connections[replica].cursor() as cursor:
        if cursor.connection.info.server_version >= WAITS_ITSELF:
            _queues[replica].end()  # a server that wakes whoever waits can be asked by each
            place = f"{position.place >> 32:X}/{position.place & 0xFFFFFFFF:X}"
            timeout = f"{max(1.0, (until - time.monotonic()) * 1000):.0f}ms"
            cursor.execute(
                f"WAIT FOR LSN '{place}' WITH (MODE 'standby_replay', TIMEOUT '{timeout}', NO_THROW)"
            )
        while True:
            cursor.execute("SELECT pg_last_wal_replay_lsn()::text")
            reached = Position.read(position.timeline, cursor.fetchone()[0])
            watching.note_reached(replica, reached)
            _queues[replica].tell(reached)
            left = until - time.monotonic()
            if reached.place >= position.place or left <= 0:
                return
            time.sleep(min(POLL_SECONDS, left))
