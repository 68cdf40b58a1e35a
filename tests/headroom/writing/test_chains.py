"""A chain writes all of it or nothing, stamps what hangs on its head, and is one statement on PostgreSQL."""

from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.db.models import F

from django_headroom import ids
from django_headroom.testing import queries_counted
from django_headroom.transactions import writing
from django_headroom.updates.chains import Chain
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.settings import ON_POSTGRESQL

pytestmark = pytest.mark.django_db(databases=DATABASES)


def new_item(shelf: Shelf, **values: Any) -> Item:
    return Item(pk=ids.next_id("p1", Item), shop_id=shelf.shop_id, shelf=shelf, **{"name": "rye", **values})


def chain_on(shelf: Shelf, **by: int) -> Chain:
    return Chain("p1", head=shelf, when={"open": True}, by=by or {"count": 1})


@pytest.fixture
def crate(shelf: Shelf) -> Shelf:
    return Shelf.objects.of(shelf.shop_id).create(name="crate")


def renaming(crate: Shelf) -> tuple[str, list[Any]]:
    return "UPDATE items_shelf SET name = %s WHERE id = %s AND name = %s", ["box", crate.pk, "crate"]


def held(row: Shelf) -> tuple[str, int]:
    """What the database holds of a shelf."""
    found: tuple[str, int] = Shelf.objects.using("p1").values_list("name", "count").get(pk=row.pk)
    return found


def test_what_hangs_on_the_head_bears_its_new_number(shelf: Shelf) -> None:
    for expected in (1, 2):
        chain, item = chain_on(shelf), new_item(shelf)
        chain.insert(item, price="count")
        assert chain.run()
        assert (shelf.count, item.price) == (expected, expected)
        assert Item.objects.of(shelf.shop_id).get(pk=item.pk).price == expected
    assert (item._state.adding, item._state.db) == (False, "p1")


def test_all_of_it_is_one_statement_where_the_database_can(shelf: Shelf, crate: Shelf) -> None:
    chain, item = chain_on(shelf), new_item(shelf)
    chain.guard(*renaming(crate))
    chain.update(Item.objects.of(shelf.shop_id).filter(name="rye"), price=F("price") + 1)
    chain.insert(item)
    with queries_counted() as spent:
        assert chain.run()
    assert spent.count == (1 if ON_POSTGRESQL else 4)
    assert (held(crate)[0], held(shelf)[1]) == ("box", 1)


def test_a_head_that_is_not_as_it_should_be_writes_nothing(shelf: Shelf) -> None:
    old = new_item(shelf)
    old.save()
    Shelf.objects.using("p1").update(open=False)
    chain = chain_on(shelf)
    chain.update(Item.objects.of(shelf.shop_id).filter(pk=old.pk), price=9)
    chain.insert(new_item(shelf))
    assert not chain.run()
    assert Item.objects.of(shelf.shop_id).values_list("pk", "price").get() == (old.pk, 0)
    assert (shelf.count, Shelf.objects.using("p1").get().count) == (0, 0)


def test_a_guard_that_finds_no_row_ends_the_chain_and_those_before_it_stay(
    shelf: Shelf, crate: Shelf
) -> None:
    chain = chain_on(shelf)
    chain.guard(*renaming(crate))
    chain.guard("UPDATE items_shelf SET name = %s WHERE id = %s", ["nobody's", 0])
    chain.insert(new_item(shelf))
    assert not chain.run()
    assert (held(crate)[0], held(shelf)[1]) == ("box", 0)
    assert not Item.objects.of(shelf.shop_id).exists()


def test_a_row_that_is_refused_takes_all_with_it(shelf: Shelf, crate: Shelf) -> None:
    twice = new_item(shelf)
    twice.save()
    chain = chain_on(shelf)
    chain.guard(*renaming(crate))
    chain.insert(new_item(shelf))
    chain.insert(twice)
    with pytest.raises(IntegrityError):
        chain.run()
    assert (held(crate)[0], held(shelf)[1]) == ("crate", 0)
    assert Item.objects.of(shelf.shop_id).count() == 1


def test_within_a_transaction_it_is_undone_with_it(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError), writing("p1"):
        chain = chain_on(shelf)
        chain.insert(new_item(shelf))
        assert chain.run()
        raise ZeroDivisionError
    assert not Item.objects.of(shelf.shop_id).exists()


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_many_at_once_get_each_a_number_of_their_own() -> None:
    bakery = Shop.objects.create(name="bakery", partition="p1")
    shelf = Shelf.objects.of(bakery).create(name="bread")

    def write(number: int) -> bool:
        mine = Shelf.objects.of(bakery).get()
        chain = chain_on(mine)
        chain.insert(new_item(mine), price="count")
        return chain.run()

    assert all(together(20, write))
    numbers = sorted(Item.objects.of(bakery).values_list("price", flat=True))
    assert numbers == list(range(1, 21))
    assert Shelf.objects.of(bakery).get(pk=shelf.pk).count == 20
    assert connections["p1"].get_autocommit()
