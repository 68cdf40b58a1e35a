"""Empty tables are filled without indexes and foreign keys, which are built when all is there: a third faster."""

from collections.abc import Iterable
from typing import Any

from django.db import connections, models

_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass AND NOT indisprimary
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_CONSTRAINTS = """
SELECT conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint AS own WHERE conrelid = %s::regclass AND (contype = 'f' OR contype = 'u' AND NOT EXISTS (
    SELECT FROM pg_constraint AS other WHERE other.contype = 'f' AND other.conindid = own.conindid))
ORDER BY contype DESC, conname
"""
_IS_THERE = """
SELECT EXISTS (SELECT FROM pg_class WHERE relname = %s) OR EXISTS (SELECT FROM pg_constraint WHERE conname = %s)
"""
_MEMORY = "512MB"  # in which PostgreSQL sorts while it builds an index


def take_off(alias: str, tables: Iterable[type[models.Model]]) -> dict[str, str]:
    """What makes writing slow and can be built later, by name: the SQL that builds it. Only of empty tables.

    What a foreign key of another table leads to stays.
    """
    if connections[alias].vendor != "postgresql":
        return {}
    with connections[alias].cursor() as cursor:
        return {name: sql for model in tables for name, sql in _of_table(cursor, model._meta.db_table)}


def _of_table(cursor: Any, table: str) -> list[tuple[str, str]]:
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    if cursor.fetchone()[0]:
        return []
    found: list[tuple[str, str]] = []
    for asked in (_INDEXES, _CONSTRAINTS):
        cursor.execute(asked, [table])
        found += cursor.fetchall()
    return found


def drop(alias: str, taken_off: dict[str, str]) -> None:
    """Drop what of it is there; foreign keys and unique constraints first, which indexes may carry."""
    for name, sql in reversed(taken_off.items()):
        with connections[alias].cursor() as cursor:
            if sql.startswith("ALTER"):
                cursor.execute(f"{sql.split(' ADD ')[0]} DROP CONSTRAINT IF EXISTS {name}")
            else:
                cursor.execute(f"DROP INDEX IF EXISTS {name}")


def build(alias: str, name: str, sql: str) -> None:
    """Build one index or constraint, unless it is there."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_IS_THERE, [name, name])
        if cursor.fetchone()[0]:
            return
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, false)", [_MEMORY])
        cursor.execute(sql)
