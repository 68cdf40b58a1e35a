"""What tests of rows share: names of rows, and a write that nobody here is told of."""

from collections.abc import Iterable
from typing import Any

from django.db import connections


def behind_our_back(row: Any, **columns: Any) -> None:
    """Another process writes; nothing here is told of it."""
    quote = connections[row._state.db].ops.quote_name
    assignments = ", ".join(f"{quote(name)} = %s" for name in columns)
    with connections[row._state.db].cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {assignments} WHERE id = {row.pk}", [*columns.values()]
        )


def names(rows: Iterable[Any]) -> list[str]:
    return [row.name for row in rows]
