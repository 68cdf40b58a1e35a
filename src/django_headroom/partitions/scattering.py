"""One question to every partition: rows merged in the order asked, and what is missing in the answer said."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections, models, transaction

from django_headroom.conf import headroom
from django_headroom.partitions.routing import refuse

Found = TypeVar("Found")
INSTRUCTIONS = 1_000  # of SQLite's machine, between two looks at the clock


class Gathered(list[Any]):
    """Rows of all partitions; ``partial`` says which are missing: alias -> why."""

    partial: dict[str, str]


@dataclass(frozen=True)
class Total:
    """A number over all partitions that answered; ``partial`` says which did not: alias -> why."""

    value: int
    partial: dict[str, str] = field(default_factory=dict)


def gather(rows: Any, limit: int, seconds: float | None) -> Gathered:
    """The first ``limit`` rows over all partitions, in the order of ``rows``; see ``across_partitions``."""
    order = _order(rows)
    by_place, partial = _ask(
        rows.model, lambda alias: list(rows.order_by(*order).using(alias)[:limit]), seconds
    )
    ranked = [[(_rank(row, order, alias), row) for row in its] for alias, its in by_place.items()]
    found = Gathered(row for _rank, row in islice(merge(*ranked, key=lambda pair: pair[0]), limit))
    found.partial = partial
    return found


def count_everywhere(rows: Any, seconds: float | None) -> Total:
    """How many rows all partitions have."""
    by_place, partial = _ask(rows.model, lambda alias: int(rows.using(alias).count()), seconds)
    return Total(sum(by_place.values()), partial)


def _ask(
    model: Any, question: Callable[[str], Found], seconds: float | None
) -> tuple[dict[str, Found], dict[str, str]]:
    """The answers by alias, one partition after the other, and why some did not answer.

    Raises:
        OperationalError, InterfaceError: nobody answered, and nothing is not an answer.
    """
    answers: dict[str, Found] = {}
    partial: dict[str, str] = {}
    failed: Exception | None = None
    for alias in headroom().partitions or (refuse(model),):
        try:
            with _limited(alias, seconds):
                answers[alias] = question(alias)
        except (OperationalError, InterfaceError) as error:
            partial[alias], failed = str(error).strip().split("\n")[0], error
    if failed is not None and not answers:
        raise failed
    return answers, partial


@contextmanager
def _limited(alias: str, seconds: float | None) -> Iterator[None]:
    """At most so many seconds for each statement on PostgreSQL, and for the block on SQLite; elsewhere no limit."""
    connection = connections[alias]
    if seconds is None:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            # To this transaction alone, so that a pool hands nothing on.
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true)", [str(max(1, int(seconds * 1000)))]
            )
            yield
    elif connection.vendor == "sqlite":
        connection.ensure_connection()
        raw, until = connection.connection, time.monotonic() + seconds
        raw.set_progress_handler(lambda: time.monotonic() > until, INSTRUCTIONS)
        try:
            yield
        finally:
            raw.set_progress_handler(None, 0)
    else:
        yield


def _order(rows: Any) -> list[str]:
    """The order asked, ended by the primary key; only one that Python and every database see alike.

    Raises:
        ValueError: there is none, or it is of expressions, of text or of other tables.
    """
    asked = list(rows.query.order_by)
    if not asked:
        raise ValueError(
            f"Rows of {rows.model.__name__} from all partitions have no order: say one, as in "
            f".order_by('-created_at', '-id')."
        )
    for name in asked:
        if not isinstance(name, str) or not _is_comparable(rows.model, name):
            raise ValueError(
                f"Rows of {rows.model.__name__} cannot be merged by {name!r}: order by numbers, dates or times of its "
                f"own; text stands in another order in each database."
            )
    last = asked[-1].lstrip("-")
    return asked if last in ("pk", rows.model._meta.pk.name) else [*asked, "pk"]


def _is_comparable(model: Any, name: str) -> bool:
    plain = name.lstrip("-")
    field = model._meta.pk if plain == "pk" else model._meta._forward_fields_map.get(plain)
    kinds = (models.IntegerField, models.AutoField, models.FloatField, models.DecimalField, models.DateField)
    return isinstance(
        field, (*kinds, models.TimeField, models.DurationField, models.BooleanField, models.ForeignKey)
    )


def _rank(row: Any, order: list[str], alias: str) -> list[Any]:
    return [_Place(_value(row, name), name.startswith("-"), alias) for name in order]


def _value(row: Any, name: str) -> Any:
    plain = name.lstrip("-")
    return row.pk if plain == "pk" else getattr(row, row._meta.get_field(plain).attname)


class _Place:
    """A value in an order: NULL stands where its database puts it, and a falling order turns all round."""

    def __init__(self, value: Any, falling: bool, alias: str) -> None:
        largest = connections[alias].features.nulls_order_largest
        rank = 0 if value is not None else (1 if largest else -1)
        self.key, self.falling = (rank, value if value is not None else 0), falling

    def __lt__(self, other: "_Place") -> bool:
        return other.key < self.key if self.falling else self.key < other.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Place) and self.key == other.key

    __hash__ = None  # type: ignore[assignment]
