"""``range_iter()``: a table walked in steps of its key, as the range wrapper published beside the talk did.

No OFFSET, which reads again what it leaves out; no cursor in the server, which a pooler would lose.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.query import ModelIterable

from django_headroom.conf import headroom
from django_headroom.identity import bypassed
from django_headroom.joins import attach
from django_headroom.replicas import has_near_copy


class WalkRefused(ValueError):
    """A queryset that cannot be walked by its key, or a place in it that is none."""


class Walk(Iterator[Any]):
    """The rows of a ``range_iter()``, with the ``token`` that says how far they have come."""

    def __init__(self, rows: Iterator[Any], key: Callable[[Any], tuple[Any, ...]], at: str | None) -> None:
        self._rows = rows
        self._key = key
        self._token = at
        self._last: tuple[Any, ...] | None = None

    def __next__(self) -> Any:
        row = next(self._rows)
        self._last = self._key(row)  # at once: whoever takes the row may delete it, and its key with it
        return row

    @property
    def token(self) -> str | None:
        """For ``start_after=``, here or in another process: behind the row that came last; None before the first."""
        return self._token if self._last is None else json.dumps([_as_text(value) for value in self._last])


def range_iter(
    queryset: models.QuerySet[Any],
    *,
    key: str | Sequence[str] = "pk",
    step: int = 1_000,
    start_after: Any = None,
    until: Any = None,
    reverse: bool = False,
    attaching: Sequence[str] = (),
    pause: Callable[[], None] | None = None,
) -> Walk:
    """Walk rows in the order of a key that does not change, ``step`` rows a query; only those are in memory.

    Every row that is there from the beginning to the end comes exactly once, whatever is written meanwhile.

    Args:
        queryset: which rows, in one database; it may be filtered, not ordered or sliced.
        key: a column that is unique and never null, or several of which one is; as ``("created_at", "id")``.
        step: rows per query.
        start_after: begin behind this key: a token, or a value (several: a tuple; a text: a tuple of one).
        until: end with this key, included.
        reverse: from the last to the first.
        attaching: names for ``attach``, step by step.
        pause: called between steps; ``copies_near(alias)`` waits there for replicas.

    Returns:
        The rows; its ``token`` says how far they have come.

    Raises:
        WalkRefused: the queryset has an order, a slice or values of its own, or the key could leave rows out.

    >>> walk = range_iter(Comment.objects.of(gazette), start_after=kept)
    >>> for comment in walk:
    ...     export(comment)
    ...     kept = walk.token
    """
    _refuse_what_cannot_be_walked(queryset, step)
    names, key_of = _columns(queryset.model, key)
    order = [f"-{name}" if reverse else name for name in names]
    rows = queryset.order_by(*order)
    if until is not None:
        rows = rows.filter(_beyond(names, _values(queryset.model, names, until), not reverse, "e"))
    after = None if start_after is None else _values(queryset.model, names, start_after)

    def walk(after: Sequence[Any] | None) -> Iterator[Any]:
        while True:
            here = rows if after is None else rows.filter(_beyond(names, after, reverse))
            with bypassed():
                found = attach(here[:step], *attaching)
            if found:
                after = key_of(found[-1])
            yield from found
            if len(found) < step:
                return
            if pause:
                pause()

    at = None if after is None else json.dumps([_as_text(value) for value in after])
    return Walk(walk(after), key_of, at)


def copies_near(primary: str, *, patience: float = 30.0) -> Callable[[], None]:
    """A ``pause`` that waits while all replicas of a database are too far behind, up to ``patience`` seconds a step.

    A walk that writes so fast that its replicas cannot follow would send all readers to the primary.

    >>> range_iter(rows, pause=copies_near("p1"))
    """

    def pause() -> None:
        give_up = time.monotonic() + patience
        while (
            headroom().replicas.get(primary)
            and not has_near_copy(primary)
            and (left := give_up - time.monotonic()) > 0
        ):
            time.sleep(min(0.05, left))

    return pause


def _refuse_what_cannot_be_walked(queryset: Any, step: int) -> None:
    query = queryset.query
    refusals = [
        (step < 1, f"step={step} is no number of rows: say 1 or more"),
        (query.is_sliced, "is sliced: say start_after and until instead, or stop taking rows"),
        (query.combinator, "is a union of others: walk each by itself"),
        (
            query.order_by or query.extra_order_by,
            "has an order of its own: leave order_by() out, or name it as key",
        ),
        (query.distinct_fields, "is distinct by some columns: leave that out"),
        (
            not issubclass(queryset._iterable_class, ModelIterable),
            "gives values: the walk needs rows, with their keys",
        ),
    ]
    for is_so, reason in refusals:
        if is_so:
            raise WalkRefused(
                f"This queryset of {queryset.model.__name__} cannot be walked by its key: it {reason}."
            )


def _columns(
    model: type[models.Model], key: str | Sequence[str]
) -> tuple[list[str], Callable[[Any], tuple[Any, ...]]]:
    """The names of the key's columns, and what reads them from a row."""
    primary = [field.name for field in model._meta.pk_fields]
    names = [
        each
        for name in ([key] if isinstance(key, str) else key)
        for each in (primary if name == "pk" else [name])
    ]
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    nullable = [field.name for field in fields if field.null]
    if nullable:
        raise WalkRefused(f"{model.__name__}.{nullable[0]} may be null, and null has no place in an order.")
    if not (set(primary) <= set(names) or any(field.unique for field in fields)):
        raise WalkRefused(
            f"{model.__name__}.{', '.join(names)} is not unique, so rows could be left out: add the primary key, "
            f"as key=({', '.join(map(repr, [*names, *primary]))})."
        )
    read = attrgetter(*(field.attname for field in fields))
    return names, read if len(fields) > 1 else lambda row: (read(row),)


def _values(model: type[models.Model], names: Sequence[str], place: Any) -> tuple[Any, ...]:
    values: Any = place if isinstance(place, tuple | list) else (place,)
    if isinstance(place, str):
        try:
            values = json.loads(place)
        except json.JSONDecodeError:
            values = ()
    if not isinstance(values, tuple | list) or len(values) != len(names):
        raise WalkRefused(
            f"{place!r} is no place in a walk by {', '.join(names)}: give a token, or a tuple of as many values."
        )
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    return tuple(field.to_python(value) for field, value in zip(fields, values, strict=True))


def _beyond(names: Sequence[str], values: Sequence[Any], reverse: bool, or_equal: str = "") -> Q:
    """Behind a place in the order of several columns: the first differs, or it is equal and the next differs …"""
    side = "lt" if reverse else "gt"
    *before, (last, value) = zip(names, values, strict=True)
    beyond = Q(**{f"{last}__{side}{or_equal}": value})
    for name, value in reversed(before):
        beyond = Q(**{f"{name}__{side}": value}) | Q(**{name: value}) & beyond
    if before:  # said once more in a way that an index on the first column understands
        beyond &= Q(**{f"{names[0]}__{side}e": values[0]})
    return beyond


def _as_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
