"""A row of which only the id is known is found where it was born, or where its tenant went."""

import pytest

from django_headroom.ids import leave_word
from django_headroom.partitions import PartitionKeyRequired
from django_headroom.testing import queries_counted
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


@pytest.fixture
def wanderer(butcher: Shop) -> Item:
    """An item that was born on p1, and went to p2 with its shop."""
    born = Item(pk=1 + 1024 * 77, shop_id=butcher.pk, name="ham")
    Item._base_manager.using("p1").bulk_create([born])
    leave_word("p1", Item, butcher.pk)
    Item.objects.using("p1").filter(pk=born.pk).delete()
    Item.objects.of(butcher).bulk_create([born])
    return Item.objects.of(butcher).get()


def test_a_row_that_moved_is_found_by_its_id(wanderer: Item) -> None:
    assert (wanderer.pk % 1024, wanderer._state.db) == (1, "p2")
    with queries_counted() as spent:
        assert Item.objects.get(pk=wanderer.pk) == wanderer
    assert [len(spent.by_alias[alias]) for alias in ("p1", "p2")] == [1, 1], (
        "two, also after its tenant moved"
    )
    assert Item.objects.filter(pk=wanderer.pk).update(price=3) == 1
    assert Item.objects.in_bulk([wanderer.pk]) == {wanderer.pk: wanderer}
    assert Item.objects.contains(wanderer)
    assert Item.objects.filter(id=wanderer.pk).delete()[0] == 1


def test_a_row_that_was_not_swept_yet_is_read_where_its_tenant_is(wanderer: Item, butcher: Shop) -> None:
    left = Item(pk=wanderer.pk, shop_id=butcher.pk, name="old ham")
    Item._base_manager.using("p1").bulk_create([left])
    found = Item.objects.get(pk=wanderer.pk)
    assert (found._state.db, found.name) == ("p2", "ham")


def test_an_id_that_is_nowhere_is_looked_for_where_it_would_be_born(bakery: Shop) -> None:
    with pytest.raises(Item.DoesNotExist):
        Item.objects.get(pk=2 + 1024 * 5)
    assert Item.objects.filter(pk=2 + 1024 * 5).update(price=1) == 0
    assert Item.objects.in_bulk([2 + 1024 * 5]) == {}


@pytest.mark.parametrize("pk", [0, 3, 1024])
def test_an_id_of_no_partition_is_refused(pk: int) -> None:
    with pytest.raises(PartitionKeyRequired, match="A query on Item names no tenant"):
        Item.objects.get(pk=pk)


def test_an_id_costs_one_query_more_and_a_tenant_none(bakery: Shop) -> None:
    rye = Item.objects.of(bakery).create(name="rye")
    with queries_counted() as spent:
        Item.objects.get(pk=rye.pk)
    assert [len(spent.by_alias[alias]) for alias in ("default", "p1", "p2")] == [1, 2, 0], (
        "one for the directory"
    )
    with queries_counted() as spent:
        Item.objects.get(pk=rye.pk, shop=bakery)
    assert [len(spent.by_alias[alias]) for alias in ("default", "p1", "p2")] == [0, 1, 0]
