"""``range_iter()``: a table walked in steps of its key, as the range wrapper published beside the talk did.

No OFFSET, which reads again what it leaves out; no cursor in the server, which a pooler would lose.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.query import ModelIterable

from django_headroom.conf import headroom
from django_headroom.identity import bypassed
from django_headroom.joins import attach
from django_headroom.replicas import has_near_copy
from django_headroom.skinny.keys import Key, Place, WalkRefused, token_of


class Walk(Iterator[Any]):
    """The rows of a ``range_iter()``, with the ``token`` that says how far they have come."""

    def __init__(self, rows: Iterator[Any], key: Key, begin: Place | None) -> None:
        self._rows = rows
        self._key = key
        self._last = begin

    def __next__(self) -> Any:
        row = next(self._rows)
        self._last = self._key.place_of(
            row
        )  # at once: whoever takes the row may delete it, and its key with it
        return row

    @property
    def token(self) -> str | None:
        """For ``start_after=``, here or in another process: behind the row that came last; None before the first."""
        return None if self._last is None else token_of(self._last)


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
        start_after: begin behind this key: a token, or a value (several: a tuple; a text: a tuple of one).
        until: end with this key, included.
        attaching: names for ``attach``, step by step.
        pause: called between steps; ``copies_near(alias)`` waits there for replicas.

    Returns:
        The rows; its ``token`` says how far they have come.

    Raises:
        WalkRefused: the queryset has an order, a slice or values of its own, or the key could leave rows out.

    >>> walk = range_iter(Comment.objects.of(gazette), start_after=kept)
    """
    _refuse_what_cannot_be_walked(queryset, step)
    by = Key.of(queryset.model, key)
    rows = queryset.order_by(*by.order(reverse))
    if until is not None:
        rows = rows.filter(by.beyond(by.place(until), not reverse, "e"))
    begin = None if start_after is None else by.place(start_after)
    return Walk(_steps(rows, by, begin, _Pace(step, reverse, attaching, pause)), by, begin)


@dataclass(frozen=True)
class _Pace:
    """How a walk goes from step to step."""

    step: int
    reverse: bool
    attaching: Sequence[str]
    pause: Callable[[], None] | None


def _steps(rows: models.QuerySet[Any], key: Key, after: Place | None, pace: _Pace) -> Iterator[Any]:
    while True:
        here = rows if after is None else rows.filter(key.beyond(after, pace.reverse))
        with bypassed():
            found = attach(here[: pace.step], *pace.attaching)
        if found:
            after = key.place_of(found[-1])
        yield from found
        if len(found) < pace.step:
            return
        if pace.pause:
            pace.pause()


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
