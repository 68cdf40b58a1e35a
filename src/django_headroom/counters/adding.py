"""Adding to many rows of a table at once, always in the order of their keys, so that no two wait for each other."""

from collections.abc import Mapping
from typing import Any, cast

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


def add_or_begin(model: type[models.Model], amounts: Mapping[int, Mapping[str, int]], *, using: str) -> None:
    """One statement for each row, which begins at nothing if it is not there; to stand inside a transaction.

    Where nothing is added the row is held all the same.

    Args:
        amounts: key -> column -> how much. Other columns must have a ``db_default``.

    >>> add_or_begin(Totals, {7: {"comments": 1, "likes": 3}}, using="default")
    """
    for key in sorted(amounts):
        _add_or_begin(model, key, amounts[key], using)


def _add_or_begin(model: type[models.Model], key: int, amounts: Mapping[str, int], using: str) -> None:
    connection, meta = connections[using], cast(Any, model._meta)
    quote = connection.ops.quote_name
    table, pk = quote(meta.db_table), quote(meta.pk.column)
    names = [quote(meta.get_field(column).column) for column in amounts]
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join([pk, *names])}) VALUES ({', '.join(['%s'] * (1 + len(names)))})"
            f" ON CONFLICT ({pk}) DO UPDATE SET {added}",
            [key, *amounts.values()],
        )
