"""Where a row is written, and how its columns come back; what the other modules here share."""

from typing import Any

from django.db import models

from django_headroom.homes import primary_of


def alias_of(row: models.Model) -> str:
    """Where to write a row: on the primary, also if it was read from a replica."""
    if row._state.adding or row._state.db is None:
        raise ValueError(f"{type(row).__name__} has not been saved yet: create it first.")
    return primary_of(row._state.db)


def field_of(row: models.Model, name: str) -> Any:
    return row._meta.pk if name == "pk" else row._meta.get_field(name)


def as_python(field: Any, value: Any, connection: Any) -> Any:
    """A value as the driver gave it, as the model has it."""
    expression = field.cached_col
    for convert in (*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)):
        value = convert(value, expression, connection)
    return value


def gone(row: Any) -> Exception:
    gone: Exception = type(row).DoesNotExist(f"{type(row).__name__} {row.pk} is gone: it was not changed.")
    return gone
