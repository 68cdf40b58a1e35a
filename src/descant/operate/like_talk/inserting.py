"""Puts rows that are no objects into a table: by COPY on PostgreSQL, by INSERT on SQLite."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models


def insert(
    alias: str, model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of these columns."""
    connection = connections[alias]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_target(alias, model, names)} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(
                f"INSERT INTO {_target(alias, model, names)} VALUES ({marks})",
                [list(map(_plain, row)) for row in rows],
            )


def copy_binary(alias: str, model: type[models.Model], names: Sequence[str], rows: bytes) -> None:
    """Insert rows that are written as PostgreSQL's binary COPY takes them."""
    connection = connections[alias]
    sql = f"COPY {_target(alias, model, names)} FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        copy.write(rows)


def _target(alias: str, model: type[models.Model], names: Sequence[str]) -> str:
    quote = connections[alias].ops.quote_name
    by_name = {field.attname: str(field.column) for field in model._meta.concrete_fields}
    return f"{quote(model._meta.db_table)} ({', '.join(quote(by_name[name]) for name in names)})"


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value
