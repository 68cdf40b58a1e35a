"""How the indexes of a PostgreSQL database fare, by its statistics: between two looks, or since their reset."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connections

from django_headroom.conf import headroom
from django_headroom.operations.performance.indexes.findings import Finding

PAGE = 8_192
ENTRY_BYTES = (
    8 + 4 + 4
)  # of each entry besides its columns: its head, its place in the page, what it is rounded up by

_INDEXES = """
    SELECT s.relname, s.indexrelname, pg_relation_size(s.indexrelid), s.idx_scan, i.indisunique, i.indisvalid,
           io.idx_blks_hit, io.idx_blks_read, c.reltuples,
           (SELECT sum(st.avg_width) FROM pg_attribute a JOIN pg_stats st ON st.schemaname = s.schemaname
               AND st.tablename = s.relname AND st.attname = a.attname
             WHERE a.attrelid = s.indexrelid AND a.attnum > 0),
           i.indnatts, am.amname, md5(concat_ws('/', i.indrelid, i.indkey, i.indclass, i.indexprs, i.indpred)),
           (SELECT count(*) FROM pg_attribute a JOIN pg_stats st ON st.schemaname = s.schemaname
               AND st.tablename = s.relname AND st.attname = a.attname
             WHERE a.attrelid = s.indexrelid AND a.attnum > 0)
      FROM pg_stat_user_indexes s
      JOIN pg_index i USING (indexrelid)
      JOIN pg_class c ON c.oid = s.indexrelid
      JOIN pg_am am ON am.oid = c.relam
      JOIN pg_statio_user_indexes io USING (indexrelid)
     ORDER BY s.relname, s.indexrelname
"""


@dataclass(frozen=True)
class Bounds:
    """From where on something is worth a word."""

    least_bytes: int = 8 * 1024**2
    """Smaller indexes are not unused, doubled, bloated or cold: they cost nothing."""

    bloated: float = 2.5
    """So many times as large as its entries need."""

    warm: float = 0.99
    """The part of its blocks that must come out of the server's memory."""

    blocks: int = 1_000
    """Of an index of which fewer were read it cannot be said."""

    seconds: float = 0.0
    """How long to wait between two looks at what is read; 0: all since the statistics were reset."""


@dataclass
class _Index:
    table: str
    name: str
    size: int
    scans: int
    is_unique: bool
    is_valid: bool
    hit: int
    read: int
    entries: float
    width: int | None
    columns: int
    method: str
    shape: str
    known: int

    @property
    def needs(self) -> float:
        """The bytes that its entries would take, in pages nine tenths full."""
        return max(PAGE, self.entries * ((self.width or 0) + ENTRY_BYTES) / 0.9)

    @property
    def can_be_judged(self) -> bool:
        """Whether all of its columns are known to the statistics, and each entry is one of a row."""
        return self.method == "btree" and self.known == self.columns and self.entries > 0


def idle_indexes(alias: str, bounds: Bounds = Bounds()) -> list[Finding]:
    """What is to be said of the indexes of a database; nothing on SQLite, which keeps no such statistics.

    An index that only a replica uses is used.

    >>> idle_indexes("p1", Bounds(least_bytes=100 * 1024**2, seconds=30))
    """
    if connections[alias].vendor != "postgresql":
        return []
    before = {each.name: each for each in _indexes(alias)} if bounds.seconds else {}
    time.sleep(bounds.seconds)
    indexes, used = _indexes(alias), _used_elsewhere(alias)
    found: list[Finding] = []
    shapes: dict[str, str] = {}
    for each in indexes:
        if not each.is_valid:
            found.append(_said("broken", alias, each, "its making broke off: drop it and make it anew"))
        if each.size >= bounds.least_bytes:
            found += _large(alias, each, bounds, used)
            if each.shape in shapes:
                found.append(_said("doubled", alias, each, f"the same as {shapes[each.shape]}: drop one"))
            shapes[each.shape] = each.name
            found += _cold(alias, each, before.get(each.name), bounds)
    return found


def residency(alias: str) -> tuple[int, int, int]:
    """Of all indexes of a PostgreSQL database: blocks read so far out of the server's memory, others, and all bytes."""
    indexes = _indexes(alias)
    return (
        sum(each.hit for each in indexes),
        sum(each.read for each in indexes),
        sum(each.size for each in indexes),
    )


def _large(alias: str, each: _Index, bounds: Bounds, used: set[str]) -> list[Finding]:
    found = []
    size = f"{each.size / 1024**2:.0f} MB"
    if not each.scans and not each.is_unique and each.name not in used:
        why = f"{size}, and never read since the statistics were reset: drop it, if that is long ago"
        found.append(_said("unused", alias, each, why))
    if each.can_be_judged and each.size > bounds.bloated * each.needs:
        why = f"{size}, where {each.needs / 1024**2:.0f} MB would do: REINDEX INDEX CONCURRENTLY"
        found.append(_said("bloated", alias, each, why))
    return found


def _cold(alias: str, each: _Index, before: _Index | None, bounds: Bounds) -> list[Finding]:
    """Counters go back to nothing at a failover or a reset; then what they say now is all."""
    hit, read = each.hit, each.read
    if before is not None and hit >= before.hit and read >= before.read:
        hit, read = hit - before.hit, read - before.read
    if hit + read < bounds.blocks or hit >= bounds.warm * (hit + read):
        return []
    why = f"{read} of {hit + read} blocks were not in memory: more of it, or fewer and smaller indexes"
    return [_said("cold", alias, each, why)]


def _said(kind: str, alias: str, each: _Index, why: str) -> Finding:
    return Finding(kind, alias, each.table, each.name, why)


def _used_elsewhere(alias: str) -> set[str]:
    """What the replicas of a database use; one that cannot be asked is left out."""
    used: set[str] = set()
    for replica in headroom().replicas.get(alias, ()):
        try:
            used |= {each.name for each in _indexes(replica) if each.scans}
        except DatabaseError:
            connections[replica].close()
    return used


def _indexes(alias: str) -> list[_Index]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_INDEXES)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [_Index(*row) for row in rows]
