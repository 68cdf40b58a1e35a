"""Adding to many rows of a table at once, always in the order of their keys, so that no two wait for each other."""

from collections.abc import Mapping
from typing import Any

from django.db import connections, models


def add_in_order(model: type[models.Model], column: str, amounts: Mapping[int, int], *, using: str) -> None:
    """One UPDATE for each row; a row that is gone is passed over. To stand inside a transaction."""
    connection = connections[using]
    meta: Any = model._meta
    names = (meta.db_table, meta.get_field(column).column, meta.pk.column)
    table, name, pk = map(connection.ops.quote_name, names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {name} = {name} + %s WHERE {pk} = %s",
            [(amounts[each], each) for each in sorted(amounts) if amounts[each]],
        )
