"""``step()`` and ``insert()``: one plain statement each, for the paths that are paid for by the microsecond."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any
from uuid import UUID

from django.db import connections, models

from django_headroom.identity import written
from django_headroom.updates.rows import alias_of, as_python, field_of, gone

# Values of these types, in columns of these kinds, every driver takes as they are.
_PLAIN_VALUES: frozenset[type] = frozenset({bool, bytes, float, int, str, NoneType})
_PLAIN_KINDS = {
    "BigAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField", "FloatField", "ForeignKey",
    "IntegerField", "PositiveSmallIntegerField", "SmallIntegerField", "TextField",
}  # fmt: skip
# Of these kinds every driver takes no value, and PostgreSQL's the type that the column has in Python.
_NOTHING: frozenset[type] = frozenset({NoneType})
_NATIVE_KINDS: dict[str, frozenset[type]] = {
    "DateTimeField": frozenset({datetime, NoneType}),
    "UUIDField": frozenset({UUID, NoneType}),
}
# What most columns of a new row hold; no part of a statement that somebody from outside has a say in.
_CONSTANTS = {
    (NoneType, None): "NULL",
    (bool, False): "FALSE",
    (bool, True): "TRUE",
    (int, 0): "0",
    (str, ""): "''",
}
_OF_CONSTANTS = {kind for kind, _ in _CONSTANTS}
_PREPARING = ("pre_save", "get_prep_value", "get_db_prep_value", "get_db_prep_save")


def step(row: models.Model, *, read: Sequence[str] = (), **by: int) -> None:
    """Add to whole-number columns of one row in one round trip, and take over what the database then holds.

    The row is locked until the transaction ends, so callers come one after the other.

    Args:
        by: column -> how much to add; 0 locks and reads.
        read: further columns to read back.

    Raises:
        DoesNotExist: the row is gone (of the row's own class).
        ValueError: no column to add to is named, or the row has not been saved.

    >>> step(thread, version=1, comments_shown=1, read=("state",))
    >>> thread.version
    8
    """
    if not by:
        raise ValueError("step() adds to nothing: name a column, with 0 to lock and read.")
    connection = connections[alias_of(row)]
    fields = [field_of(row, name) for name in (*by, *read)]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    changes = ", ".join(f"{column} = {column} + %s" for column in columns[: len(by)])
    table, key = (
        connection.ops.quote_name(name) for name in (row._meta.db_table, field_of(row, "pk").column)
    )
    sql = f"UPDATE {table} SET {changes} WHERE {key} = %s RETURNING {', '.join(columns)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*by.values(), row.pk])
        found = cursor.fetchone()
    if found is None:
        raise gone(row)
    for field, value in zip(fields, found, strict=True):
        setattr(row, field.attname, as_python(field, value, connection))
    written(row, [field.attname for field in fields])


def insert(row: models.Model, *, using: str) -> None:
    """Write a new row by one INSERT and nothing else, for the paths that are paid for by the microsecond.

    No signals are sent and no other table is looked at; a third of what ``save(force_insert=True)`` costs. A row
    without a primary key takes the one that the database gives.

    Args:
        row: a new object with plain values, no expressions.
        using: the alias of the database.

    >>> insert(Comment(pk=7, text="Rye."), using="p1")
    """
    with connections[using].cursor() as cursor:
        insert_by(cursor, row, using)


def insert_by(cursor: Any, row: models.Model, using: str) -> None:
    """``insert()`` by a cursor that is open already."""
    shape, values = values_to_insert(row, using)
    cursor.execute(_insertion(type(row), using, row.pk is not None, shape), values)
    if row.pk is None:
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, using
    written(row, created=True)


def values_to_insert(
    row: models.Model, using: str, *, without: Collection[str] = ()
) -> tuple[tuple[str, ...], list[Any]]:
    """What a new row is written with.

    Args:
        without: names of fields that are left out.

    Returns:
        The shape: what stands for each of ``fields_to_insert`` in the statement, a mark or one of the few constants
        that most columns of a new row hold; and the values for the marks. Each value costs the driver, and one that is
        written into the statement does not.
    """
    connection, shape, values = connections[using], [], []
    for field, unprepared in _taken_as_they_are(type(row), row.pk is not None, connection.vendor):
        if field.name in without:
            continue
        value = getattr(row, field.attname)
        if isinstance(value, models.TextChoices):
            value = value.value
        kind = type(value)
        if kind not in unprepared or (kind is datetime and value.tzinfo is None):
            value = field.get_db_prep_save(field.pre_save(row, add=True), connection=connection)
        constant = _CONSTANTS.get((type(value), value)) if type(value) in _OF_CONSTANTS else None
        shape.append(constant or "%s")
        if constant is None:
            values.append(value)
    return tuple(shape), values


@cache
def fields_to_insert(model: type[models.Model], has_key: bool) -> Sequence[Any]:
    """The columns that an INSERT names."""
    return [field for field in model._meta.concrete_fields if has_key or not field.primary_key]


@cache
def _taken_as_they_are(
    model: type[models.Model], has_key: bool, vendor: str
) -> Sequence[tuple[Any, frozenset[type]]]:
    """The columns that an INSERT names, each with the types of values that need no preparing."""
    return [(field, _unprepared(field, vendor)) for field in fields_to_insert(model, has_key)]


def _unprepared(field: Any, vendor: str) -> frozenset[type]:
    """A field of a project's own that prepares its values, an encrypted one for example, is left to do so."""
    methods = [getattr(type(field), name) for name in _PREPARING]
    kind = field.get_internal_type()
    if not all(method.__module__.startswith(("django.db.", "django_headroom.")) for method in methods):
        return frozenset()
    if kind in _NATIVE_KINDS and not (
        getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    ):
        return _NATIVE_KINDS[kind] if vendor == "postgresql" else _NOTHING
    return _PLAIN_VALUES if kind in _PLAIN_KINDS else frozenset()


@cache
def _insertion(model: type[models.Model], using: str, has_key: bool, shape: tuple[str, ...]) -> str:
    quote = connections[using].ops.quote_name
    columns = [quote(str(field.column)) for field in fields_to_insert(model, has_key)]
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) VALUES ({', '.join(shape)})"
    key = model._meta.pk
    return sql if has_key else f"{sql} RETURNING {quote(str(key.column))}"
