"""Columns reads a few columns by a written statement, and makes rows of them that the ORM would have made."""

from datetime import timedelta

import pytest
from django.utils import timezone

from django_headroom.identity import identity_map
from django_headroom.joins import attach
from django_headroom.skinny import Columns
from django_headroom.testing import query_budget
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)

PRICED = Columns(Item, "shop", "name", "price", "shelf")


def priced(shop: Shop, below: int = 100) -> list[Item]:
    table = Item._meta.db_table
    sql = f"SELECT {PRICED.written('p1')} FROM {table} WHERE shop_id = %s AND price < %s ORDER BY price"
    return PRICED.rows("p1", sql, [shop.pk, below])


def test_the_rows_are_those_of_the_orm(bakery: Shop) -> None:
    shelf = Shelf.objects.of(bakery).create(name="top")
    Item.objects.of(bakery).bulk_create([Item(name=f"x{n}", price=n, shelf=shelf) for n in range(9)])
    with query_budget(1):
        found = priced(bakery, below=5)
    assert found == list(Item.objects.of(bakery).filter(price__lt=5).order_by("price"))
    assert [(item.name, item.price, item.shelf_id) for item in found][4] == ("x4", 4, shelf.pk)
    assert {(item._state.db, item._state.adding) for item in found} == {("p1", False)}


def test_moments_and_numbers_come_as_the_model_has_them(bakery: Shop) -> None:
    moment = timezone.now() - timedelta(days=3, microseconds=7)
    shelf = Shelf.objects.of(bakery).create(name="top")
    Shelf.objects.of(bakery).update(changed_at=moment)
    dated = Columns(Shelf, "changed_at")
    assert [row.changed_at for row in dated.with_keys("p1", [shelf.pk])] == [moment]


def test_what_was_not_named_is_asked_for_when_it_is_read(bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye", state="sold")
    (item,) = priced(bakery)
    with query_budget(1):
        assert item.state == "sold"


def test_rows_by_their_keys_are_those_that_are_there(bakery: Shop) -> None:
    made = [Item.objects.of(bakery).create(name=name) for name in "abc"]
    found = PRICED.with_keys("p1", [made[0].pk, made[2].pk, 987_654])
    assert {item.name for item in found} == {"a", "c"}


def test_they_stay_out_of_an_identity_map(bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye", price=3)
    with identity_map() as opened:
        kept = Item.objects.of(bakery).get()
        kept.name = "not saved"
        assert [item.name for item in priced(bakery)] == ["rye"]
        assert len(opened) == 1


def test_a_far_row_can_be_attached_with_few_columns(bakery: Shop, ann: Person) -> None:
    Item.objects.of(bakery).bulk_create([Item(name=name, maker=ann) for name in "ab"])
    Item.objects.of(bakery).create(name="stray", maker_id=987_654)
    items = list(Item.objects.of(bakery).order_by("id"))
    with query_budget(1):
        attach(items, "maker", missing="none", fetch=Columns(Person, "name").with_keys)
        assert [item.maker and item.maker.name for item in items] == ["Ann", "Ann", None]
    assert items[0].maker is items[1].maker, "equal keys share one object"
