"""Puts many rows into a table at once, in little memory, and lets the database know how many there are."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from django.db import connections, models

# What PostgreSQL's driver writes as it is. Anything else goes the field's own way, which takes ten times as long.
_PLAIN = {str, int, float, bool, bytes, datetime, type(None)}


def insert_rows(alias: str, rows: Sequence[models.Model]) -> None:
    """Inserts rows of one model that have their ids; a row that is there already raises IntegrityError.

    On PostgreSQL by COPY, which takes a third of the time of INSERT.
    """
    if not rows:
        return
    model, connection = type(rows[0]), connections[alias]
    if connection.vendor != "postgresql":
        model._base_manager.using(alias).bulk_create(rows)
        return
    fields = model._meta.concrete_fields
    plain = [_PLAIN - {str} if isinstance(field, models.JSONField) else _PLAIN for field in fields]
    values_of = attrgetter(*(field.attname for field in fields))
    names = ", ".join(connection.ops.quote_name(field.column or "") for field in fields)
    sql = f"COPY {connection.ops.quote_name(model._meta.db_table)} ({names}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(
                [
                    value if value.__class__ in as_it_is else field.get_db_prep_save(value, connection)
                    for field, as_it_is, value in zip(fields, plain, values_of(row), strict=True)
                ]
            )


def leave_unmapped(alias: str) -> None:
    """Has SQLite read its file in pieces: mapped, a quarter of a gigabyte of it would count as our memory."""
    connection = connections[alias]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA mmap_size = 0")


def count_anew(alias: str, *models_written: type[models.Model]) -> None:
    """Has PostgreSQL look at what a table holds by now.

    Of a table that was empty a moment ago it believes that few values are distinct, and would search each chunk's
    old ids by reading the whole forum.
    """
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in models_written:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
