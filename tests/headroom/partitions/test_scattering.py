"""One question to every partition: merged in the order asked, and honest about what is missing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.models import Func, IntegerField
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from django_headroom.testing import queries_counted
from tests.headroom.market.items.models import Item, Sale
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import ON_POSTGRESQL

pytestmark = pytest.mark.django_db(databases=DATABASES)
SLEEPY = 400_000_000  # of such steps, SQLite needs far longer than the tests would wait


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    placed=st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.booleans()), max_size=14),
    order=st.sampled_from([["number"], ["-number"], ["paid_at", "-number"], ["-paid_at"], ["-pk"]]),
    limit=st.integers(1, 6),
)
def test_it_equals_the_order_of_one_database(
    bakery: Shop, butcher: Shop, placed: list[tuple[bool, int, bool]], order: list[str], limit: int
) -> None:
    """Compared with the same rows in one partition, which sorts them itself."""
    for alias in ("p1", "p2"):
        Sale.objects.using(alias).all().delete()
    for first, number, paid in placed:
        paid_at = datetime(2026, 1, 1 + number, tzinfo=UTC) if paid else None
        Sale.objects.create(shop=bakery if first else butcher, number=number, paid_at=paid_at)
    found = Sale.objects.order_by(*order).across_partitions(limit=limit)
    assert found.partial == {}
    keys = [sale.pk for sale in found]
    rows = [sale for alias in ("p1", "p2") for sale in Sale.objects.using(alias).order_by("pk")]
    Sale.objects.using("p2").all().delete()
    for sale in rows:
        if sale._state.db == "p2":
            Sale.objects.using("p1").bulk_create([copied(sale, bakery)])
    assert keys == list(Sale.objects.using("p1").order_by(*order, "pk").values_list("pk", flat=True)[:limit])


def copied(sale: Sale, shop: Shop) -> Sale:
    return Sale(pk=sale.pk, shop=shop, number=sale.number, paid_at=sale.paid_at)


def test_each_partition_is_asked_once_and_no_more_than_the_limit(bakery: Shop, butcher: Shop) -> None:
    for shop in (bakery, butcher):
        Sale.objects.bulk_create([Sale(shop=shop, number=number) for number in range(5)])
    with queries_counted() as spent:
        found = Sale.objects.filter(number__gt=0).order_by("-number").across_partitions(limit=3, seconds=None)
    assert [sale.number for sale in found] == [4, 4, 3]
    assert [len(spent.by_alias[alias]) for alias in ("default", "p1", "p2")] == [0, 1, 1]
    assert all("LIMIT 3" in spent.by_alias[alias][0] for alias in ("p1", "p2"))


def test_all_rows_are_counted(bakery: Shop, butcher: Shop) -> None:
    for shop in (bakery, butcher):
        Sale.objects.bulk_create([Sale(shop=shop, number=number) for number in range(5)])
    total = Sale.objects.filter(number__gt=0).count_across_partitions()
    assert (total.value, total.partial) == (8, {})


def test_a_partition_that_fails_is_named(bakery: Shop, butcher: Shop) -> None:
    for shop in (bakery, butcher):
        Sale.objects.create(shop=shop)
    with failing("p2"):
        found = Sale.objects.order_by("pk").across_partitions(limit=5)
        total = Sale.objects.count_across_partitions()
    assert [sale.shop_id for sale in found] == [bakery.pk]
    assert found.partial == total.partial == {"p2": "the server is gone"}
    assert total.value == 1


def test_if_no_partition_answers_nothing_is_no_answer(bakery: Shop) -> None:
    with failing("p1"), failing("p2"), pytest.raises(OperationalError):
        Sale.objects.order_by("pk").across_partitions(limit=5)


def failing(alias: str) -> Any:
    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        raise OperationalError("the server is gone\nand says more")

    return connections[alias].execute_wrapper(refuse)


def test_a_partition_that_takes_too_long_is_left_out(bakery: Shop, butcher: Shop) -> None:
    Sale.objects.create(shop=bakery)
    Sale.objects.create(shop=butcher, number=1)
    with pytest.raises(OperationalError):
        Sale.objects.annotate(slow=Sleep()).filter(slow__gt=0).count_across_partitions(seconds=0.05)
    assert Sale.objects.count_across_partitions(seconds=5).value == 2, "the connections are as they were"
    rows = Sale.objects.annotate(slow=Sleep()).filter(number=1, slow__gte=0).order_by("pk")
    found = rows.across_partitions(limit=5, seconds=1)
    assert list(found.partial) == ["p2"]
    assert Sale.objects.using("p2").count() == 1


class Sleep(Func):
    """Takes seconds for each row."""

    output_field = IntegerField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        if ON_POSTGRESQL:
            return "(SELECT 1 FROM pg_sleep(10 + 0 * number))", []
        return (
            "(WITH RECURSIVE n(i) AS (SELECT number UNION ALL SELECT i + 1 FROM n LIMIT %s) SELECT max(i) FROM n)",
            [SLEEPY],
        )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (lambda: Sale.objects.all(), r"have no order: say one"),
        (lambda: Item.objects.order_by("name"), r"cannot be merged by 'name'"),
        (lambda: Sale.objects.order_by("shop__name"), r"cannot be merged by 'shop__name'"),
        (lambda: Sale.objects.order_by("?"), r"cannot be merged by '\?'"),
    ],
    ids=["none", "text", "of another table", "random"],
)
def test_an_order_that_databases_do_not_share_is_refused(rows: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rows().across_partitions(limit=5)


def test_what_names_a_shop_is_not_for_all(bakery: Shop) -> None:
    for ask in (
        lambda: Sale.objects.of(bakery).order_by("pk").across_partitions(limit=5),
        lambda: Sale.objects.filter(shop=bakery).count_across_partitions(),
    ):
        with pytest.raises(
            ValueError, match=r"asks every partition, and this query of the tenant \d+ is for one"
        ):
            ask()
