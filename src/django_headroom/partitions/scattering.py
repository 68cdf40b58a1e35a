"""One question to every partition: the answers put together, in the order asked, and what is missing in them said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from heapq import merge
from itertools import islice
from operator import add
from typing import Any

from django.db import connections, models

from django_headroom.partitions.asking import ask_everywhere


def _added(found: list[Any]) -> Any:
    return reduce(add, found)  # not sum(), which begins with a 0 that no timedelta can be added to


TOGETHER: dict[type, Callable[[list[Any]], Any]] = {
    models.Count: _added,
    models.Sum: _added,
    models.Min: min,
    models.Max: max,
}


class Gathered(list[Any]):
    """Rows of all partitions; ``partial`` says which are missing: alias -> why."""

    partial: dict[str, str]


@dataclass(frozen=True)
class Total:
    """A number over all partitions that answered; ``partial`` says which did not: alias -> why."""

    value: int
    partial: dict[str, str] = field(default_factory=dict)


class Totals(dict[str, Any]):
    """Aggregates over all partitions, by name; ``partial`` says which partitions did not answer: alias -> why."""

    partial: dict[str, str]


def gather(rows: Any, limit: int, seconds: float | None) -> Gathered:
    """The first ``limit`` rows over all partitions, in the order of ``rows``; see ``across_partitions``."""
    order = _order(rows)
    by_place, partial = ask_everywhere(
        rows.model, lambda alias: list(rows.order_by(*order).using(alias)[:limit]), seconds
    )
    ranked = [[(_rank(row, order, alias), row) for row in its] for alias, its in by_place.items()]
    found = Gathered(row for _rank, row in islice(merge(*ranked, key=lambda pair: pair[0]), limit))
    found.partial = partial
    return found


def count_everywhere(rows: Any, seconds: float | None) -> Total:
    """How many rows all partitions have."""
    by_place, partial = ask_everywhere(rows.model, lambda alias: int(rows.using(alias).count()), seconds)
    return Total(sum(by_place.values()), partial)


def aggregate_everywhere(rows: Any, asked: Mapping[str, Any], seconds: float | None) -> Totals:
    """Aggregates over the rows of all partitions; see ``aggregate_across_partitions``."""
    together = {name: _joined(rows, name, aggregate) for name, aggregate in asked.items()}
    by_place, partial = ask_everywhere(
        rows.model, lambda alias: rows.using(alias).aggregate(**asked), seconds
    )
    found = Totals()
    for name, put_together in together.items():
        found[name] = put_together([its[name] for its in by_place.values() if its[name] is not None])
    found.partial = partial
    return found


def _joined(rows: Any, name: str, aggregate: Any) -> Callable[[list[Any]], Any]:
    """How what the partitions say of an aggregate becomes one answer.

    Raises:
        ValueError: it cannot, for each has counted, averaged or ordered for itself.
    """
    together = TOGETHER.get(type(aggregate))
    fault = None
    if together is None:
        fault = "of Count, Sum, Min and Max it is made of none; an average is a Sum and a Count"
    elif aggregate.default is not None:
        fault = "its default would stand for one partition; say it of the answer, which is None if there is nothing"
    elif together is _added and getattr(aggregate, "distinct", False):
        fault = "what is distinct in two partitions may be one; ask for the values"
    elif together is not _added and not _is_of_kind(_output_of(rows, aggregate)):
        fault = "text stands in another order in each database; ask for numbers, dates or times"
    if together is None or fault:
        raise ValueError(f"{name} cannot be put together from all partitions: {fault}.")
    return lambda found: together(found) if found else aggregate.empty_result_set_value


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
    return _is_of_kind(field)


def _is_of_kind(field: Any) -> bool:
    """Whether its values stand in the same order in Python and in every database."""
    kinds = (models.IntegerField, models.AutoField, models.FloatField, models.DecimalField, models.DateField)
    return isinstance(
        field, (*kinds, models.TimeField, models.DurationField, models.BooleanField, models.ForeignKey)
    )


def _output_of(rows: Any, aggregate: Any) -> Any:
    return aggregate.copy().resolve_expression(rows.query.chain(), allow_joins=True).output_field


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
