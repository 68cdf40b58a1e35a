"""What this process has recorded and not written down yet, as sums: by minute and route, and of slow statements."""

import logging
import os
import threading
import time
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from django_headroom.conf import headroom
from django_headroom.operations.performance import telling
from django_headroom.operations.performance.hearing import Sent
from django_headroom.operations.performance.histograms import COLUMNS, bucket
from django_headroom.operations.performance.models import PLACE_LONGEST, ROUTE_LONGEST
from django_headroom.operations.performance.places import place_of_call
from django_headroom.operations.performance.recording import Counted, Record, counted_since
from django_headroom.operations.performance.wording import normalised

MINUTE, HOUR = 60, 3_600
SAMPLES_MOST = 100  # statements that wait for their plan
KEYS_MOST = 5_000  # rows that wait; what more comes while no database takes them is left out

_log = logging.getLogger("django_headroom.slow")
_lock = threading.Lock()

Keys = tuple[Any, ...]
Rows = dict[Keys, dict[str, float]]


class Sample(NamedTuple):
    """A statement with the values of one time: kept in memory until its plan is known, and nowhere else."""

    sql: str
    params: Any


class Waiting:
    """The sums of a process since they were last taken."""

    def __init__(self) -> None:
        self.costs: Rows = {}  # (at, kind, route, release)
        self.slow: Rows = {}  # (at, database, route, release, wording, place)
        self.samples: dict[tuple[str, str], Sample] = {}  # (database, wording)


_waiting = Waiting()
_seen: dict[Counted, int] = {}  # of what is only counted, what was taken so far


def add(record: Record) -> None:
    """Bring a record into the sum of its minute."""
    if not headroom().performance_keep_seconds:
        return
    databases, calls = record.databases.values(), record.calls.values()
    ms = record.wall * 1000
    amounts = {
        "n": 1,
        "errors": record.status >= 500 or record.failed,
        "stale": bool(record.stale),
        "wall_ms": ms,
        "cpu_ms": record.cpu * 1000,
        "queries": sum(each.count for each in databases),
        "db_ms": sum(each.seconds for each in databases) * 1000,
        "calls": sum(each[0] for each in calls),
        "calls_ms": sum(each[1] for each in calls) * 1000,
        "cache_hits": record.cache_hits,
        "cache_misses": record.cache_misses,
        COLUMNS[bucket(ms)]: 1,
    }
    with _lock:
        _add(_waiting.costs, _keys_of(record.kind, record.route), amounts)


def note_slow(record: Record, slow: Sent) -> None:
    """Tell of a slow statement, in the log and to syslog, and bring it into the sum of its hour."""
    wording, place, ms = normalised(slow.sql), place_of_call(), slow.seconds * 1000
    told = {
        "kind": "slow statement",
        "route": record.route,
        "release": headroom().release,
        "database": slow.alias,
        "ms": round(ms, 1),
        "failed": slow.failed,
        "place": place,
        "statement": wording,
        **({"trace_id": record.trace_id} if record.trace_id else {}),
    }
    _log.warning("%(ms)s ms on %(database)s in %(route)s, from %(place)s: %(statement)s", told)
    if path := headroom().performance_socket:
        telling.send(path, told)
    if not headroom().performance_keep_seconds:
        return
    keys = (*_keys_of(slow.alias, record.route, HOUR), wording, place[:PLACE_LONGEST])
    amounts = {"n": 1, "failed": slow.failed, "ms": ms, "worst_ms": ms, COLUMNS[bucket(ms)]: 1}
    with _lock:
        _add(_waiting.slow, keys, amounts)
        if len(_waiting.samples) < SAMPLES_MOST:
            _waiting.samples.setdefault((slow.alias, wording), Sample(slow.sql, slow.params))


def take() -> Waiting:
    """All sums; from now on others are made."""
    global _waiting
    with _lock:
        taken, _waiting = _waiting, Waiting()
        for counted, more in counted_since(_seen).items():
            _add(taken.costs, _keys_of(counted.kind, counted.name), {counted.column: more})
    return taken


def give_back(taken: Waiting) -> None:
    """Keep for the next time what could not be written down."""
    with _lock:
        for rows, ours in ((taken.costs, _waiting.costs), (taken.slow, _waiting.slow)):
            for keys, amounts in rows.items():
                _add(ours, keys, amounts)


def fingerprint(wording: str) -> str:
    """What a wording is found by."""
    return blake2b(wording.encode(), digest_size=16).hexdigest()


def _keys_of(first: str, route: str, span: int = MINUTE) -> Keys:
    at = datetime.fromtimestamp(time.time() // span * span, UTC)
    return at, first, route[:ROUTE_LONGEST], headroom().release


def _add(rows: Rows, keys: Keys, amounts: dict[str, float]) -> None:
    sums = rows.get(keys)
    if sums is None:
        if len(rows) >= KEYS_MOST:
            return
        sums = rows[keys] = {}
    for name, amount in amounts.items():
        before = sums.get(name, 0)
        sums[name] = max(before, amount) if name.startswith("worst") else before + amount


def _begin_afresh() -> None:
    global _lock, _waiting
    _lock, _waiting = threading.Lock(), Waiting()


os.register_at_fork(after_in_child=_begin_afresh)
