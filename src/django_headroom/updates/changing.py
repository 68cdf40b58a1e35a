"""``change()``: one UPDATE of named columns; ``claim()``: a guarded one, true for one caller only.

From the talk's "Atomic updates" (slides 27 to 30): ``save()`` writes back what it read, and so undoes others.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connections, models, transaction
from django.dispatch import Signal

from django_headroom.identity import bypassed
from django_headroom.identity import written as tell_the_map
from django_headroom.updates.rows import alias_of, as_python, gone, returning

post_update = Signal()
"""Sent by ``change()`` and ``claim()`` inside the transaction, with ``row using changed old new``."""


class Conflict(Exception):
    """A row that was not as ``when`` said, and was left alone; ``current`` is the row as it is now."""

    def __init__(self, message: str, current: Any) -> None:
        super().__init__(message)
        self.current = current


class NotAColumn(ValueError):
    """A name that an UPDATE of one row cannot write: unknown, of another table, or what must not change."""


def change(
    row: models.Model,
    /,
    *,
    when: dict[str, Any] | None = None,
    old: Sequence[str] = (),
    **columns: Any,
) -> None:
    """Write the named columns of one row, and nothing else, in one round trip; ``auto_now`` columns follow.

    Args:
        row: a saved object; it takes the new values, expressions as the database computed them.
        when: look-ups that the row must still match, such as ``{"title": "Rye"}``: compare and set.
        old: columns whose old values ``post_update`` shall tell; costs a query more, and only where it is heard.
        columns: values or expressions, such as ``ups=F("ups") + 1``.

    Raises:
        DoesNotExist: the row is gone (of the row's own class).
        Conflict: the row is not as ``when`` says; the exception has it as it is.
        NotAColumn: a name is unknown, or is the primary key, the partition key or another table's.
        ValidationError: a value is none that the field takes.

    >>> change(thread, title="Bread")
    >>> change(thread, when={"state": "open"}, state="closed")
    """
    if not _update(row, when or {}, columns, old):
        with bypassed():  # an identity map would give the very row that was refused
            rows = type(row)._base_manager.using(alias_of(row)).filter(pk=row.pk)
            current = rows.first() if when else None
        if current is None:
            raise gone(row)
        raise Conflict(f"{type(row).__name__} {row.pk} is not as {when} says: read it again.", current)


def claim(row: models.Model, /, *, when: dict[str, Any], old: Sequence[str] = (), **columns: Any) -> bool:
    """Write the named columns if the row still is as ``when`` says: of many callers at once one is told True.

    Who is told False, because somebody was faster or the row is gone, keeps what she read.

    Raises:
        NotAColumn, ValidationError: as ``change()``.

    >>> claim(comment, when={"state": "waiting"}, state="shown")
    True
    """
    return _update(row, when, columns, old)


def _update(row: Any, when: dict[str, Any], columns: dict[str, Any], old: Sequence[str]) -> bool:
    alias, draft = alias_of(row), copy(row)
    written = {**_auto_now(draft, columns), **_prepared(draft, columns)}
    if not post_update.has_listeners(type(row)):
        return _send(row, draft, alias, when, written)
    with transaction.atomic(using=alias):
        before = _before(row, alias, old)
        if not _send(row, draft, alias, when, written):
            return False
        new = {field.name: getattr(row, field.attname) for field in written}
        post_update.send(type(row), row=row, using=alias, changed=tuple(new), old=before, new=new)
    return True


def _prepared(draft: models.Model, columns: dict[str, Any]) -> dict[Any, Any]:
    """What to write of each field, by its own ``pre_save`` and past its validators; an expression as it is.

    It is tried on a draft: a row that is not written keeps what it holds.
    """
    written, faults = {}, {}
    for name, value in columns.items():
        field = _column(draft, name)
        if _is_expression(value):
            written[field] = value
            continue
        setattr(draft, name, value)
        is_named_time = getattr(field, "auto_now", False)
        written[field] = getattr(draft, field.attname) if is_named_time else field.pre_save(draft, False)
        try:
            field.run_validators(field.to_python(written[field]))
        except ValidationError as fault:
            faults[name] = fault
    if faults:
        raise ValidationError(faults)
    return written


def _auto_now(draft: models.Model, columns: dict[str, Any]) -> dict[Any, Any]:
    moving = [field for field in _own_fields(draft) if getattr(field, "auto_now", False)]
    return {field: field.pre_save(draft, False) for field in moving if field.name not in columns}


def _send(row: Any, draft: Any, alias: str, when: dict[str, Any], written: dict[Any, Any]) -> bool:
    """One statement; the row takes what was written, and what the database computed of it."""
    loaded = row.__dict__
    computed = [field for field, value in written.items() if _is_expression(value)]
    computed += [field for field in _own_fields(row) if field.generated and field.attname in loaded]
    found: list[Any] = []
    rows = type(row)._base_manager.using(alias).filter(pk=row.pk, **when)
    with returning(alias, computed, found.append):
        if not rows.update(**{field.name: value for field, value in written.items()}):
            return False
    for field in written:
        if field not in computed and (field.attname in loaded or not getattr(field, "auto_now", False)):
            setattr(row, field.attname, getattr(draft, field.attname))
            if field.name in draft._state.fields_cache:
                row._state.fields_cache[field.name] = draft._state.fields_cache[field.name]
    for field, value in zip(computed, found[0] if computed else (), strict=True):
        setattr(row, field.attname, as_python(field, value, connections[alias]))
    told = [field for field in (*written, *computed) if field.attname in loaded]
    tell_the_map(row, [field.attname for field in told])
    return True


def _before(row: models.Model, alias: str, old: Sequence[str]) -> dict[str, Any]:
    if not old:
        return {}
    rows = type(row)._base_manager.using(alias).filter(pk=row.pk)
    names = [_column(row, name).attname for name in old]
    found = rows.select_for_update().values_list(*names).first()
    return dict(zip(old, found, strict=True)) if found else {}


def _column(row: Any, name: str) -> Any:
    model = type(row).__name__
    try:
        field = row._meta.pk if name == "pk" else row._meta.get_field(name)
    except FieldDoesNotExist:
        known = ", ".join(each.name for each in _own_fields(row))
        raise NotAColumn(f"{model} has no column {name!r}; it has {known}.") from None
    if not field.concrete or field.many_to_many:
        raise NotAColumn(f"{model}.{name} is no column of {model}: change the rows at its other end.")
    if field.primary_key:
        raise NotAColumn(f"{model}.{name} is the primary key, which never changes: create another row.")
    if field.attname == getattr(row, "partition_key", None):
        raise NotAColumn(f"{model}.{name} says whose the row is and where it lives: it never changes.")
    if field.generated:
        raise NotAColumn(f"{model}.{name} is computed by the database: change what it is computed from.")
    if field not in _own_fields(row):
        raise NotAColumn(f"{model}.{name} stands in the table of {field.model.__name__}: change that row.")
    return field


def _own_fields(row: Any) -> Iterable[Any]:
    fields: Iterable[Any] = row._meta.concrete_model._meta.local_concrete_fields
    return fields


def _is_expression(value: Any) -> bool:
    return hasattr(value, "resolve_expression")
