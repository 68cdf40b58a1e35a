"""Partitions are asked at once; nobody waits for one that is late, and no connection stays open behind an answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier, Event, Thread, enumerate
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError
from django.db.models import Avg, Count, F, Max, Min, Sum
from django.db.models.functions import Length

from django_headroom.testing import queries_counted
from django_headroom.testing.statements import around_every_statement
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item, Sale
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture(autouse=True)
def sales(bakery: Shop, butcher: Shop) -> None:
    for shop, numbers in ((bakery, (1, 2, 5)), (butcher, (3, 4))):
        Sale.objects.bulk_create([Sale(shop=shop, number=number) for number in numbers])


@pytest.fixture
def used() -> Iterator[set[Any]]:
    """The connections by which sales were asked for."""
    found = set()

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if "items_sale" in sql:
            found.add(rest[-1]["connection"])
        return execute(sql, *rest)

    with around_every_statement(note):
        yield found


def late() -> list[Thread]:
    return [thread for thread in enumerate() if thread.name.startswith("across ")]


def none_is_left() -> bool:
    for thread in late():
        thread.join(timeout=60)
    return not late()


def test_all_are_asked_at_once(used: set[Any]) -> None:
    """Each waits for the other: one after the other they would never come through."""
    both = Barrier(2)

    def meet(execute: Any, sql: str, *rest: Any) -> Any:
        if "items_sale" in sql:
            both.wait(timeout=30)
        return execute(sql, *rest)

    with around_every_statement(meet), queries_counted() as spent:
        found = Sale.objects.order_by("-number").across_partitions(limit=4)
    assert [sale.number for sale in found] == [5, 4, 3, 2]
    assert [sale._state.db for sale in found] == ["p1", "p2", "p2", "p1"]
    assert [spent.of(alias).count > 0 for alias in ("p1", "p2")] == [True, True]
    assert len(used) == 2
    assert all(connection.connection is None for connection in used), "given back, or closed"
    assert none_is_left()


def test_nobody_waits_for_one_that_is_silent(used: set[Any]) -> None:
    awake = Event()

    def hang(execute: Any, sql: str, *rest: Any) -> Any:
        if rest[-1]["connection"].alias == "p2":
            awake.wait(timeout=60)
        return execute(sql, *rest)

    with around_every_statement(hang):
        found = Sale.objects.order_by("number").across_partitions(limit=5, seconds=0.05)
        total = Sale.objects.count_across_partitions(seconds=0.05)
        assert ([sale.number for sale in found], total.value) == ([1, 2, 5], 3)
        assert found.partial == total.partial == {"p2": "it does not answer"}
        threads = late()
        assert len(threads) == 2
        awake.set()
        assert none_is_left()
    assert all(connection.connection is None for connection in used), (
        "also those of whom nobody hears any more"
    )


def test_whoever_has_a_transaction_open_sees_what_she_wrote(bakery: Shop) -> None:
    with writing("p1"):
        Sale.objects.create(shop=bakery, number=9)
        found = Sale.objects.order_by("-number").across_partitions(limit=2)
        assert [sale.number for sale in found] == [9, 5]
        assert Sale.objects.count_across_partitions().value == 6


def test_a_query_that_is_wrong_is_no_missing_partition() -> None:
    rows = Sale.objects.extra(where=["no_such_column = 1"]).order_by("pk")
    with pytest.raises((ProgrammingError, OperationalError), match="no_such_column"):
        rows.across_partitions(limit=5)
    assert none_is_left()


def test_aggregates_are_put_together(butcher: Shop) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    Sale.objects.create(shop=butcher, number=7, paid_at=noon)
    found = Sale.objects.filter(number__gt=1).aggregate_across_partitions(
        many=Count("pk"),
        paid=Count("paid_at"),
        sold=Sum("number"),
        twice=Sum(F("number") * 2),
        least=Min("number"),
        last=Max("paid_at"),
    )
    assert found == {"many": 5, "paid": 1, "sold": 21, "twice": 42, "least": 2, "last": noon}
    assert found.partial == {}
    nothing = Sale.objects.filter(number=99).aggregate_across_partitions(
        n=Count("pk"), s=Sum("number"), m=Max("number")
    )
    assert nothing == {"n": 0, "s": None, "m": None}


@pytest.mark.parametrize(
    ("aggregate", "words"),
    [
        (Avg("price"), "an average is a Sum and a Count"),
        (Count("price", distinct=True), "what is distinct in two partitions may be one"),
        (Sum("price", default=0), "its default would stand for one partition"),
        (Max("name"), "text stands in another order"),
    ],
    ids=["average", "distinct", "default", "text"],
)
def test_what_cannot_be_put_together_is_refused(aggregate: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"asked cannot be put together from all partitions: .*{words}"):
        Item.objects.aggregate_across_partitions(asked=aggregate)


def test_the_length_of_a_text_is_a_number(bakery: Shop, butcher: Shop) -> None:
    for shop, name in ((bakery, "rye"), (butcher, "sausage")):
        Item.objects.of(shop).create(name=name)
    assert Item.objects.aggregate_across_partitions(longest=Max(Length("name"))) == {"longest": 7}


def test_aggregates_over_what_a_shop_has_are_that_shops(bakery: Shop) -> None:
    with pytest.raises(ValueError, match=r"aggregate_across_partitions\(\) asks every partition"):
        Sale.objects.of(bakery).aggregate_across_partitions(n=Count("pk"))
