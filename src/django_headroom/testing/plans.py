"""How many rows a block makes the database read, and which tables it walks: asked of the database's own plans."""

import re
from typing import Any

from django.db import connections

from django_headroom.testing.dumping import Spent

_WRITES = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b", re.IGNORECASE)


def rows_touched(spent: Spent, alias: str) -> int:
    """How many rows PostgreSQL reads for the SELECTs of a block, those it then drops included, by EXPLAIN ANALYZE.

    >>> with queries_counted() as spent:
    ...     client.get("/embed/comments/?f=gazette&t_i=bread")
    >>> assert rows_touched(spent, "p1") <= 200
    """
    touched = 0
    for sql in spent.by_alias[alias]:
        if _is_reading(sql):
            with connections[alias].cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
                touched += _rows_of(cursor.fetchone()[0][0]["Plan"])
    return touched


def _is_reading(sql: str) -> bool:
    """EXPLAIN ANALYZE runs what it explains, so a WITH that writes is none."""
    bare = sql.lstrip()
    return bare.startswith("SELECT") or (bare.startswith("WITH") and not _WRITES.search(bare))


def _rows_of(plan: dict[str, Any]) -> int:
    below = sum(_rows_of(each) for each in plan.get("Plans", ()))
    if "Relation Name" not in plan:
        return below
    dropped = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    rows: int = round((plan["Actual Rows"] + dropped) * plan["Actual Loops"])
    return below + rows


def scans(spent: Spent, alias: str) -> list[str]:
    """The steps in which SQLite walks a whole table for the SELECTs of a block, by EXPLAIN QUERY PLAN."""
    found: list[str] = []
    for sql in spent.by_alias[alias]:
        if _is_reading(sql):
            with connections[alias].cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                steps = [row[3] for row in cursor.fetchall()]
            found += [step for step in steps if step.startswith("SCAN ") and "USING" not in step]
    return found
