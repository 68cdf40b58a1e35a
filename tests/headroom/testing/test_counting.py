"""Statements are counted over all databases and threads; one too many shows them all, with the lines they are from."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import TransactionTestCase

from django_headroom.testing import (
    BudgetExceeded,
    QueryCounts,
    assertQueryCount,
    queries_counted,
    query_budget,
)
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p1_replica"], transaction=True)


def test_a_block_within_its_budget_passes(bakery: Shop, ann: Person) -> None:
    with query_budget(2) as spent:
        Item.objects.of(bakery).count()
        Person.objects.count()
    assert spent.count == 2
    assert [len(spent.by_alias[alias]) for alias in ("default", "people", "p1", "p2")] == [0, 1, 1, 0]


def test_a_block_over_its_budget_fails_and_shows_every_query(bakery: Shop, ann: Person) -> None:
    with pytest.raises(BudgetExceeded, match=r"^2 queries, 1 allowed:\n") as failure, query_budget(1):
        Item.objects.of(bakery).count()
        Person.objects.get(name="Ann")
    told = str(failure.value)
    assert re.search(r"^p1: 1 in [\d.]+ ms\n    1\. [\d.]+ ms  SELECT COUNT\(\*\) AS ", told, re.MULTILINE)
    assert re.search(
        r'^people: 1 in .*\n    1\. .* SELECT "people_person"."id", .* = \?.*\[\'Ann\'\]',
        told,
        re.MULTILINE,
    )


def test_each_query_names_the_line_of_the_project_that_asked(bakery: Shop) -> None:
    line = test_each_query_names_the_line_of_the_project_that_asked.__code__.co_firstlineno + 3
    with queries_counted() as spent:
        list(Item.objects.of(bakery).select_related("shelf"))
    assert spent.statements[0].place == f"tests/headroom/testing/test_counting.py:{line}"


def test_the_same_query_from_the_same_line_is_one_entry(bakery: Shop) -> None:
    rows = Item.objects.of(bakery).bulk_create(Item(name=f"loaf {number}") for number in range(25))
    with pytest.raises(BudgetExceeded) as failure, query_budget(3):
        Item.objects.of(bakery).count()
        for row in rows:
            Item.objects.of(bakery).get(pk=row.pk)
    repeated = re.search(r"^ 2–26\. .* ×25 SELECT .*; N\+1 from (.*)$", str(failure.value), re.MULTILINE)
    assert repeated is not None, failure.value
    assert repeated[1].startswith("tests/headroom/testing/test_counting.py:")
    assert f"[{bakery.pk}, {rows[0].pk}]" in repeated[0], "the values of the first ones are shown"


def test_one_alias_is_counted_by_itself_and_exactly(bakery: Shop, ann: Person) -> None:
    with assertQueryCount(1, "people"):
        Person.objects.count()
        Item.objects.of(bakery).count()
    with pytest.raises(BudgetExceeded, match=r"^0 queries to 'p2', 1 expected"), assertQueryCount(1, "p2"):
        Item.objects.of(bakery).count()
    with pytest.raises(BudgetExceeded, match=r"^2 queries, 1 expected"), assertQueryCount(1):
        Person.objects.count()
        Person.objects.count()


def test_at_most_is_said_in_two_ways(ann: Person) -> None:
    with assertQueryCount(2, exact=False), assertQueryCount(max=1):
        Person.objects.count()
    with pytest.raises(BudgetExceeded, match=r"^1 queries, 0 allowed"), assertQueryCount(max=0):
        Person.objects.count()
    with pytest.raises(TypeError, match="needs a number"):
        assertQueryCount()


def test_the_words_of_a_transaction_are_not_counted(bakery: Shop) -> None:
    with queries_counted() as spent, writing(bakery), writing("p1"):
        Item.objects.of(bakery).count()
    assert spent.count == 1


def test_an_error_in_the_block_is_not_hidden_by_the_budget(bakery: Shop) -> None:
    with pytest.raises(Item.DoesNotExist), query_budget(0):
        Item.objects.of(bakery).get()


def test_nothing_is_connected_to_for_the_counting(ann: Person) -> None:
    connections["p2"].close()
    with query_budget(1):
        Person.objects.count()
    assert connections["p2"].connection is None


def test_what_other_threads_send_is_counted(ann: Person) -> None:
    """Those that are new, and those that had a connection before the block began."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(Person.objects.count).result()
        with assertQueryCount(5, "people"):
            pool.submit(Person.objects.count).result()
            together(4, lambda _: Person.objects.count())
        pool.submit(connections.close_all).result()


def test_what_coroutines_send_is_counted(ann: Person) -> None:
    async def ask() -> int:
        try:
            return await Person.objects.acount() + await Person.objects.acount()
        finally:
            await sync_to_async(connections.close_all)()

    with assertQueryCount(2, "people"):
        assert asyncio.run(ask()) == 2


def test_a_function_may_bear_its_number(ann: Person) -> None:
    @assertQueryCount(1)
    def once() -> int:
        return Person.objects.count()

    @assertQueryCount(max=1)
    async def twice() -> None:
        await Person.objects.acount()
        await Person.objects.acount()
        await sync_to_async(connections.close_all)()

    assert (once(), once()) == (1, 1), "each call is counted for itself"
    with pytest.raises(BudgetExceeded, match=r"^2 queries, 1 allowed"):
        asyncio.run(twice())


@pytest.mark.query_budget(1)
def test_a_marker_bounds_a_test_and_not_its_fixtures(bakery: Shop, butcher: Shop) -> None:
    assert Shop.objects.count() == 2


def test_the_fixture_is_the_function(assertQueryCount: object) -> None:  # noqa: N803 - the fixture's name
    assert assertQueryCount is globals()["assertQueryCount"]


class CountedTest(QueryCounts, TransactionTestCase):
    """The same for Django's test cases."""

    databases = {"people"}
    most_queries = 2

    def setUp(self) -> None:
        for _ in range(5):
            Person.objects.create(name="Ann")

    def test_a_budget_of_the_class_is_of_each_test(self) -> None:
        with self.assertQueryCount(1, "people"):
            Person.objects.count()
        assert self.spent.of("people").count == 1

    async def test_also_of_an_async_one(self) -> None:
        assert await Person.objects.acount() == 5

    @pytest.mark.xfail(raises=BudgetExceeded, strict=True)
    def test_a_test_over_the_budget_fails(self) -> None:
        for _ in range(3):
            Person.objects.count()
