"""Rows that many processes add to: made by the first, raised by the others, each in one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections, models


def add_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]], *, using: str) -> None:
    """Insert rows, or add their numbers to those that are there with the same keys; of ``worst…`` the larger stays.

    Args:
        rows: all with the same fields, by ``attname``; the keys are those of the model's unique constraint.
    """
    given = list(rows)
    if not given:
        return
    connection, quote = connections[using], connections[using].ops.quote_name
    table = quote(model._meta.db_table)
    fields: list[Any] = [model._meta.get_field(name.removesuffix("_id")) for name in given[0]]
    keys = set(_keys(model))
    columns = [quote(field.column) for field in fields]
    raised = [
        _raised(table, column, field.name)
        for field, column in zip(fields, columns, strict=True)
        if field.name not in keys
    ]
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT "
        f"({', '.join(column for field, column in zip(fields, columns, strict=True) if field.name in keys)}) "
        f"DO UPDATE SET {', '.join(raised)}"
    )
    written = [
        [field.get_db_prep_save(row[name], connection) for field, name in zip(fields, row, strict=True)]
        for row in given
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, written)


def _keys(model: type[models.Model]) -> tuple[str, ...]:
    (one,) = [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    return tuple(one.fields)


def _raised(table: str, column: str, name: str) -> str:
    ours, given = f"{table}.{column}", f"EXCLUDED.{column}"
    if name.startswith("worst"):
        return f"{column} = CASE WHEN {given} > {ours} THEN {given} ELSE {ours} END"
    return f"{column} = {ours} + {given}"
