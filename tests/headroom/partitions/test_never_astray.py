"""However a query is put together, it is answered as one database with all rows would answer it, or refused.

Never with other rows, and never with none where there are some: whatever chain of calls hypothesis makes up.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, Q
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from django_headroom.homes import CrossPartitionJoin
from django_headroom.partitions import PartitionKeyRequired, SeveralPartitions
from django_headroom.testing import queries_counted
from tests.headroom.market.items.models import Line, Sale
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)

REFUSALS = (CrossPartitionJoin, PartitionKeyRequired, SeveralPartitions)
FIELDS = ("shop", "sale", "pk", "text")
TEXTS = ("one", "two")

# A condition: (field, number of the row or text it names, how it is said).
leaf = st.tuples(st.sampled_from(FIELDS), st.integers(0, 3), st.sampled_from(["object", "id", "in", "exact"]))
condition = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(st.just("and"), inner, inner),
        st.tuples(st.just("or"), inner, inner),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=4,
)
step = st.tuples(st.sampled_from(["filter", "exclude", "of", "using", "union", "both", "inside"]), condition)


class Scene:
    """Three shops on two partitions, two sales each and two lines in each sale; all rows, as one list."""

    def __init__(self, shops: list[Shop]) -> None:
        self.shops = shops
        self.sales = [Sale.objects.of(shop).create(number=number) for shop in shops for number in (1, 2)]
        self.lines = [Line.objects.create(sale=sale, text=text) for sale in self.sales for text in TEXTS]

    def named(self, field: str, number: int) -> Any:
        if field == "text":
            return TEXTS[number % 2]
        rows: list[Any] = {"shop": self.shops, "sale": self.sales, "pk": self.lines}[field]
        return rows[number % len(rows)]

    def q(self, said: Any) -> Q:
        if said[0] in ("and", "or"):
            left, right = self.q(said[1]), self.q(said[2])
            return left & right if said[0] == "and" else left | right
        if said[0] == "not":
            return ~self.q(said[1])
        field, number, how = said
        value = self.named(field, number)
        if field == "pk" or (how == "id" and field != "text"):
            value = value.pk
        if how == "in":
            return Q(**{f"{field}__in": [value]})
        return Q(**{f"{field}__exact" if how == "exact" else field: value})

    def holds(self, said: Any, line: Line) -> bool:
        if said[0] == "and":
            return self.holds(said[1], line) and self.holds(said[2], line)
        if said[0] == "or":
            return self.holds(said[1], line) or self.holds(said[2], line)
        if said[0] == "not":
            return not self.holds(said[1], line)
        field, number, _ = said
        value = self.named(field, number)
        own = {"shop": line.shop_id, "sale": line.sale_id, "pk": line.pk, "text": line.text}[field]
        return bool(own == (value if field == "text" else value.pk))

    def take(self, rows: Any, kept: list[Line], act: str, said: Any) -> tuple[Any, list[Line]]:
        """A step of the chain, and what it leaves of all lines."""
        shop = self.shops[len(str(said)) % len(self.shops)]
        if act == "of":
            return rows.of(shop), [line for line in kept if line.shop_id == shop.pk]
        if act == "using" and rows._db is not None:
            return rows, kept  # of two databases the last one counts, as in Django
        if act == "using":  # a database that is named is asked for all of its rows
            alias = shop.partition
            return rows.using(alias), [line for line in kept if line._state.db == alias]
        also = [line for line in self.lines if self.holds(said, line)]
        if act == "union":
            return rows | Line.objects.filter(self.q(said)), [
                line for line in self.lines if line in kept or line in also
            ]
        if act == "both":
            return rows & Line.objects.filter(self.q(said)), [line for line in kept if line in also]
        if act == "inside":
            sales = {line.sale_id for line in also}
            inner = Line.objects.filter(self.q(said)).values("sale")
            return rows.filter(sale__in=inner), [line for line in kept if line.sale_id in sales]
        if act == "exclude":
            return rows.exclude(self.q(said)), [line for line in kept if line not in also]
        return rows.filter(self.q(said)), [line for line in kept if line in also]


ENDS: dict[str, Callable[[Any], Any]] = {
    "list": lambda rows: sorted(line.pk for line in rows),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "values": lambda rows: sorted(rows.values_list("pk", flat=True)),
    "aggregate": lambda rows: rows.aggregate(n=Count("pk"))["n"],
    "update": lambda rows: rows.update(text="new"),
}


@hypothesis_settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(step, min_size=1, max_size=4), end=st.sampled_from(sorted(ENDS)))
def test_a_chain_of_calls_is_answered_rightly_or_refused(
    scene: Scene, steps: list[tuple[str, Any]], end: str
) -> None:
    expected = scene.lines
    try:
        rows: Any = Line.objects.all()
        for act, said in steps:
            rows, expected = scene.take(rows, expected, act, said)
        # A refused update leaves its transaction useless, so each chain has savepoints of its own.
        with transaction.atomic("p1"), transaction.atomic("p2"), queries_counted() as spent:
            found = ENDS[end](rows)
    except REFUSALS as refusal:
        event(f"refused: {type(refusal).__name__}")
        return
    finally:
        for line in scene.lines:  # what an update has changed
            Line.objects.using(line._state.db).filter(pk=line.pk).update(text=line.text)
    event("answered")
    assert not spent.by_alias["people"]
    right = sorted(line.pk for line in expected)
    assert found == {"list": right, "values": right, "exists": bool(right)}.get(end, len(right))


@pytest.fixture
def scene(bakery: Shop, cellar: Shop, butcher: Shop) -> Scene:
    return Scene([bakery, cellar, butcher])
