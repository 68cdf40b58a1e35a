"""How far somebody has written: a place in the primary's log, kept under her name until every copy is past it.

The place is read after the commit, in autocommit, and it is the insert position, so it is past the commit's own record
also with ``synchronous_commit=off``. It counts on its own timeline only: after a failover it means nothing.
"""

import logging
import time
from dataclasses import dataclass
from typing import Self

from django.core.cache import caches
from django.db import InterfaceError, OperationalError, connections

from django_headroom.conf import headroom

_log = logging.getLogger(__name__)
_store_is_down_until = 0.0


@dataclass(frozen=True)
class Position:
    """A place in the write-ahead log of one history (timeline) of a server."""

    timeline: int
    place: int

    @classmethod
    def read(cls, timeline: int, place: str) -> Self:
        """From PostgreSQL's own words: ``16/B374D848``."""
        high, low = place.split("/")
        return cls(timeline, (int(high, 16) << 32) + int(low, 16))


NOWHERE = Position(0, 0)  # no server has this timeline, so the primary is read

# A store that has forgotten everything has forgotten SINCE too. From then on YOUNG stands in it for as long as a
# position that was lost would have held; while it does, of nobody can it be said that she wrote nothing.
SINCE, YOUNG = "headroom/position-since", "headroom/position-young"


def of_primary(alias: str, *, sent: bool = False) -> Position:
    """Where a primary writes next.

    Args:
        sent: only what may have been sent to replicas already. A quiet primary can take seconds to send its last word.

    Raises:
        OperationalError, InterfaceError: it is out of reach, or is no primary.
    """
    place = "pg_current_wal_flush_lsn()" if sent else "pg_current_wal_insert_lsn()"
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT at::text, substr(pg_walfile_name(at), 1, 8) FROM {place} AS at")
        place, timeline = cursor.fetchone()
    return Position.read(int(timeline, 16), place)


def of_replica(alias: str) -> Position:
    """What a replica has replayed.

    Raises:
        OperationalError, InterfaceError: it is out of reach, or is no replica.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(
            # The receiver's own word is hidden from a role without pg_read_all_stats; the checkpoint's comes later.
            "SELECT pg_last_wal_replay_lsn()::text, coalesce((SELECT received_tli FROM pg_stat_wal_receiver),"
            " (SELECT timeline_id FROM pg_control_checkpoint())), pg_is_in_recovery()"
        )
        place, timeline, is_replica = cursor.fetchone()
    if not is_replica or place is None:
        raise OperationalError(f"{alias!r} is no replica: it does not replay another server's log.")
    return Position.read(timeline, place)


def keep(primary: str, actor: str, *, seen: str) -> None:
    """Note for an actor how far a copy is just now; if nobody can tell, she reads the primary for a while.

    Args:
        seen: the alias of the copy that she wrote to or read from.
    """
    if _store_is_down():
        return
    try:
        position = of_primary(primary) if seen == primary else of_replica(seen)
    except (OperationalError, InterfaceError):
        position = NOWHERE
    told = f"{position.timeline} {position.place}"
    _ask_store("set", _key(primary, actor), told, headroom().replica_position_seconds)


def known(primary: str, actor: str) -> Position | None:
    """How far a copy must be for an actor; None if she did not write lately.

    NOWHERE if the store does not answer, or began anew so lately that it may have forgotten her.
    """
    key = _key(primary, actor)
    found = _ask_store("get_many", [key, SINCE, YOUNG])
    if not isinstance(found, dict):
        return NOWHERE
    if key in found:
        timeline, place = found[key].split()
        return Position(int(timeline), int(place))
    if SINCE not in found:
        # In this order: somebody who looks in between finds neither, and does the same.
        _ask_store("set", YOUNG, 1, headroom().replica_position_seconds)
        _ask_store("set", SINCE, 1, None)
    return None if SINCE in found and YOUNG not in found else NOWHERE


def later(one: Position | None, other: Position | None) -> Position | None:
    """A position that is past both; NOWHERE if they are of two histories."""
    if one is None or other is None:
        return one or other
    if one.timeline != other.timeline:
        return NOWHERE
    return max(one, other, key=lambda position: position.place)


def of_now(primary: str) -> Position:
    """Where a primary writes next; NOWHERE if it does not say."""
    try:
        return of_primary(primary)
    except (OperationalError, InterfaceError):
        return NOWHERE


def _key(primary: str, actor: str) -> str:
    return f"headroom/position/{primary}/{actor}"


def _ask_store(word: str, *given: object) -> object:
    """Ask the cache that keeps positions; once it has failed, nobody asks it for as long as a position would hold."""
    global _store_is_down_until
    if _store_is_down():
        return NOWHERE
    try:
        return getattr(caches[headroom().replica_cache], word)(*given)
    except Exception as error:  # noqa: BLE001 - each cache has errors of its own, and a reader must not see them
        _log.error(
            "The store of positions is out of reach: readers with a name read primaries.", exc_info=error
        )
        _store_is_down_until = time.monotonic() + headroom().replica_position_seconds
        return NOWHERE


def _store_is_down() -> bool:
    return time.monotonic() < _store_is_down_until
