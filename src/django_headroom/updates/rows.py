"""Where a row is written, and how its columns come back; what the other modules here share."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections, models

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
    for convert in _converters(field, connection.alias):
        value = convert(value, expression, connection)
    return value


@cache
def _converters(field: Any, alias: str) -> Sequence[Callable[..., Any]]:
    """Asked once: rows come by the million, and what makes Python's values of the driver's stays the same."""
    connection, expression = connections[alias], field.cached_col
    return (*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection))


def gone(row: Any) -> Exception:
    gone: Exception = type(row).DoesNotExist(f"{type(row).__name__} {row.pk} is gone: it was not changed.")
    return gone


@contextmanager
def returning(alias: str, fields: Sequence[Any], take: Callable[[Any], None]) -> Iterator[None]:
    """Let the UPDATE of the block say what it wrote; Django 5.2 has RETURNING for inserted rows only."""
    if not fields:
        yield
        return
    quote = connections[alias].ops.quote_name
    clause = f" RETURNING {', '.join(quote(field.column) for field in fields)}"
    with connections[alias].execute_wrapper(_Returning(clause, take)):
        yield


def is_returning(alias: str) -> bool:
    """Whether an UPDATE says already what it writes; it can do so for one caller only."""
    return any(isinstance(each, _Returning) for each in connections[alias].execute_wrappers)


@dataclass(frozen=True)
class _Returning:
    clause: str
    take: Callable[[Any], None]

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith("UPDATE "):
            return execute(sql, params, many, context)
        done = execute(sql + self.clause, params, many, context)
        for found in context["cursor"].fetchall():
            self.take(found)
        return done
