"""Which copy of a database to read: a replica that is near enough, else the primary itself.

A first form: one look per replica and second, by bytes of write-ahead log; a replica that fails is left alone and
the read is done again on the primary. Whoever must see her own write reads the primary.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

from django_headroom.conf import headroom

Found = TypeVar("Found")


@dataclass
class _Look:
    near: bool
    until: float


_looks: dict[str, _Look] = {}


def read(primary: str, reading: Callable[[str], Found]) -> Found:
    """Call ``reading(alias)`` with the best copy of a database; what fails on a replica is read on the primary.

    Args:
        primary: the alias of the primary.
        reading: queries that all go to the alias it is given, so that they see one state.

    >>> read("p1", lambda alias: Comment.objects.using(alias).filter(forum_id=1).count())
    """
    copy = near_copy(primary)
    if copy != primary:
        try:
            return reading(copy)
        except (OperationalError, InterfaceError):
            _leave(copy)
    return reading(primary)


def near_copy(primary: str) -> str:
    """The alias of a replica within the allowed lag, drawn evenly; the primary's own where there is none."""
    copies = headroom().replicas.get(primary, ())
    near = [alias for alias in copies if _is_near(primary, alias)]
    return random.choice(near) if near else primary


def _is_near(primary: str, replica: str) -> bool:
    look = _looks.get(replica)
    if look is None or look.until < time.monotonic():
        look = _looks[replica] = _Look(_lag(primary, replica) <= headroom().replica_lag_bytes, _soon())
    return look.near


def _lag(primary: str, replica: str) -> float:
    try:
        with connections[primary].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn()::text")
            written = cursor.fetchone()[0]
        with connections[replica].cursor() as cursor:
            cursor.execute("SELECT pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn())", [written])
            behind = cursor.fetchone()[0]
    except (OperationalError, InterfaceError):
        connections[replica].close()
        return float("inf")
    return float("inf") if behind is None else float(behind)


def _leave(replica: str) -> None:
    _looks[replica] = _Look(False, _soon())
    connections[replica].close()  # a broken connection would fail for ever; the next look opens a new one


def _soon() -> float:
    return time.monotonic() + headroom().replica_check_seconds
