"""Once a minute: how long the oldest event waits, how far replicas are behind, how much of the indexes is in memory."""

import logging
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connections
from django.db.models import Min
from django.utils import timezone

from descant.operate.upgrading import aliases
from django_headroom.conf import headroom
from django_headroom.delayed.models import Event
from django_headroom.operations.performance.indexes import residency
from django_headroom.operations.performance.keeping import Read, gauges

BEHIND = """
    SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END
"""

_log = logging.getLogger(__name__)
_blocks: dict[str, tuple[int, int]] = {}  # (out of memory, others) that were read up to the last time


def read_gauges() -> None:
    """Read all of them; a database that cannot be asked has none, and does not keep the others from theirs."""
    found: list[Read] = []
    for alias in aliases():
        found += _try(alias, _queue_age)
        if connections[alias].vendor == "postgresql":
            found += _try(alias, _residency)
        for replica in headroom().replicas.get(alias, ()):
            found += _try(replica, _lag)
    gauges(found)


def seconds_behind(replica: str) -> float:
    """How long ago a replica was where its primary is."""
    with connections[replica].cursor() as cursor:
        cursor.execute(BEHIND)
        (seconds,) = cursor.fetchone()
    return float(seconds)


def _try(alias: str, read: Callable[[str], list[Read]]) -> list[Read]:
    try:
        return read(alias)
    except (DatabaseError, InterfaceError) as error:
        _log.warning("%s cannot be asked for what goes up and down: %s", alias, error)
        connections[alias].close()
        return []


def _queue_age(alias: str) -> list[Read]:
    waiting = Event.objects.using(alias).filter(dead_at=None, tries=0, due_at__lte=timezone.now())
    oldest = waiting.aggregate(oldest=Min("said_at"))["oldest"]
    return [Read("queue age", (timezone.now() - oldest).total_seconds() if oldest else 0.0, alias)]


def _lag(replica: str) -> list[Read]:
    return [Read("replica lag", seconds_behind(replica), replica)]


def _residency(alias: str) -> list[Read]:
    """Of what was read since the last time; after a reset of the counters nothing is said once."""
    hit, read, _size = residency(alias)
    before_hit, before_read = _blocks.get(alias, (hit, read))
    _blocks[alias] = hit, read
    hits, all_read = hit - before_hit, hit - before_hit + read - before_read
    return [Read("index residency", 100 * hits / all_read, alias)] if hits >= 0 and all_read > 0 else []
