"""Rows by their keys: one question to the cache, one to each database of what is missing, and none that is wrong."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from django_headroom import ids
from django_headroom.caching import Held, Store, stores
from django_headroom.testing import assertQueryCount, queries_counted
from tests.headroom.market.items.models import Loaf
from tests.headroom.market.people.models import Baker
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = [
    pytest.mark.django_db(databases=DATABASES, transaction=True),
    pytest.mark.usefixtures("kept"),
]


class Counted:
    """A store, and how often it was asked for what."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked: list[str] = []

    def get_many(self, keys: Sequence[str]) -> dict[str, Held]:
        self.asked.append("get_many")
        return self.store.get_many(keys)

    def put_many(self, values: Mapping[str, bytes], **more: Any) -> None:
        self.asked.append("put_many")
        self.store.put_many(values, **more)


@pytest.fixture
def counted(kept: Store, monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(kept)
    monkeypatch.setattr(stores, "store", lambda: counted)
    return counted


def keys_of(rows: Collection[Any]) -> list[int]:
    return [row.pk for row in rows]


def test_what_is_missing_costs_one_query_for_each_partition_and_then_none(
    loaves: list[Loaf], counted: Counted
) -> None:
    with queries_counted() as spent:
        found = Loaf.rows.get_many(keys_of(loaves))
    assert [len(spent.by_alias[alias]) for alias in ("p1", "p2")] == [1, 1]
    assert counted.asked == ["get_many", "put_many"]
    with assertQueryCount(0):
        assert Loaf.rows.get_many(keys_of(loaves)) == found
    assert counted.asked == ["get_many", "put_many", "get_many"]
    assert [row.name for row in found.values()] == [f"loaf {number}" for number in range(6)]


def test_only_what_is_missing_is_asked_for(loaves: list[Loaf]) -> None:
    Loaf.rows.get_many(keys_of(loaves[:3]))
    with queries_counted() as spent:
        assert len(Loaf.rows.get_many(keys_of(loaves))) == 6
    assert [len(spent.by_alias[alias]) for alias in ("p1", "p2")] == [0, 1]


def test_rows_come_in_the_order_asked_and_each_once(loaves: list[Loaf]) -> None:
    first, second, *_ = keys_of(loaves)
    assert list(Loaf.rows.get_many([second, first, second])) == [second, first]


def test_a_row_holds_what_was_declared_exactly_and_nothing_else(bo: Baker) -> None:
    for _ in range(2):  # from the database, and from the cache
        row = Baker.rows.get(bo.pk)
        assert row._asdict() == {
            "id": bo.pk,
            "name": "Bo",
            "wage": Decimal("12.50"),
            "hired_at": bo.hired_at,
            "teacher_id": bo.teacher_id,
        }


def test_a_partitioned_row_tells_whose_it_is(loaves: list[Loaf], bakery: Shop) -> None:
    assert Loaf.rows.get(loaves[0].pk).shop_id == bakery.pk


def test_that_a_row_is_not_there_is_known_for_a_while(loaves: list[Loaf]) -> None:
    absent = [loaves[0].pk + 1024 * 9, loaves[5].pk + 1024 * 9]
    assert Loaf.rows.get_many(absent) == {}
    with assertQueryCount(0):
        assert Loaf.rows.get_many(absent) == {}


def test_nothing_asked_costs_nothing(counted: Counted) -> None:
    assert Loaf.rows.get_many([]) == {}
    assert counted.asked == []


def test_a_key_that_no_database_can_have_given_costs_nothing(db: None) -> None:
    with assertQueryCount(0):
        assert Loaf.rows.get_many([0, 1023]) == {}


def test_a_row_that_moved_with_its_tenant_is_found_where_it_went(butcher: Shop) -> None:
    born = Loaf(pk=1 + 1024 * 77, shop_id=butcher.pk, name="ham")
    Loaf._base_manager.using("p1").bulk_create([born])
    ids.leave_word("p1", Loaf, butcher.pk)
    Loaf._base_manager.using("p2").bulk_create([Loaf(pk=born.pk, shop_id=butcher.pk, name="new ham")])
    assert Loaf.rows.get(born.pk).name == "new ham", "the old one was not swept yet"
    Loaf.rows.forget([born.pk], using="p2")
    Loaf._base_manager.using("p1").filter(pk=born.pk).delete()
    with queries_counted() as spent:
        assert Loaf.rows.get(born.pk).name == "new ham"
    assert [len(spent.by_alias[alias]) for alias in ("p1", "p2")] == [1, 1]
    with assertQueryCount(0):
        Loaf.rows.get(born.pk)
    with connections["p1"].cursor() as cursor:
        cursor.execute("DELETE FROM headroom_departed")
