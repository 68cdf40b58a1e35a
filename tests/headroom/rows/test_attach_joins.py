"""attach() gives what the join gives, from the database of each row, for one query each."""

from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from django_headroom.joins import (
    attach,
)
from django_headroom.joins.attaching import Missing
from django_headroom.testing import queries_counted, query_budget
from tests.headroom.market.items.models import Item, Sale, Shelf
from tests.headroom.market.people.models import Person, Review
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_django_prefetches_from_the_database_of_the_first_row_and_attach_from_each(
    bakery: Shop, butcher: Shop
) -> None:
    shelves = [Shelf.objects.of(shop).create(name=shop.name) for shop in (bakery, butcher)]
    for shelf in shelves:
        Item.objects.of(shelf.shop_id).bulk_create([Item(name="x", shelf=shelf), Item(name="y", shelf=shelf)])
    with query_budget(2):
        attach(shelves, "items")
    with query_budget(0):
        assert [len(shelf.items.all()) for shelf in shelves] == [2, 2], "Django's own gives 2 and 0"
        assert {item._state.db for item in shelves[1].items.all()} == {"p2"}

    items = [item for shop in (bakery, butcher) for item in Item.objects.of(shop)]
    with query_budget(2):
        attach(items, "shelf")
    with query_budget(0):
        assert [item.shelf for item in items] == [shelves[0], shelves[0], shelves[1], shelves[1]]
        assert items[2].shelf is items[3].shelf
        attach(items, "shelf")


def test_a_foreign_key_kept_by_nobody_leads_to_the_other_home_and_back(bakery: Shop, butcher: Shop) -> None:
    """Django's own asks 'p1' for the shops, and for the butcher's sales as well: the first row decides."""
    sales = [Sale.objects.create(shop=shop, number=number) for number in (1, 2) for shop in (bakery, butcher)]
    read = [Sale.objects.get(pk=sale.pk) for sale in sales]
    with queries_counted() as spent:
        attach(read, "shop")
    assert {alias: len(sent) for alias, sent in spent.by_alias.items() if sent} == {"default": 1}
    with query_budget(0):
        assert [sale.shop for sale in read] == [bakery, butcher, bakery, butcher]
    with queries_counted() as spent:
        shops = attach(Shop.objects.order_by("pk"), "sale_set")
    assert [len(spent.by_alias[alias]) for alias in ("default", "p1", "p2")] == [1, 1, 1]
    with query_budget(0):
        assert [sorted(sale.pk for sale in shop.sale_set.all()) for shop in shops] == [
            sorted(sale.pk for sale in sales if sale.shop_id == shop.pk) for shop in shops
        ]


def test_a_dangling_foreign_key_is_told_as_asked(bakery: Shop) -> None:
    def attached(missing: Missing) -> Any:
        item = Item(name="x", shop=bakery, shelf_id=987_654)
        item._state.db, item._state.adding = "p1", False
        return attach([item], "shelf", missing=missing)[0].shelf

    assert attached("none") is None
    assert attached("tombstone").pk == 987_654
    with pytest.raises(Shelf.DoesNotExist):
        attached("raise")


keys = st.none() | st.integers(1, 30)


on_random_rows = hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@on_random_rows
@given(people=st.sets(st.integers(1, 30), max_size=12), about=st.lists(keys, max_size=25))
def test_attach_is_the_left_join(db: None, people: set[int], about: list[int | None]) -> None:
    """In one database both can be asked: the far key's answer is the join's, for one query instead of none."""
    Review.objects.filter(pk__gt=0).delete()
    Person.objects.filter(pk__gt=0).delete()
    Person.objects.bulk_create(Person(pk=pk, name=f"person {pk}") for pk in people)
    Review.objects.bulk_create(Review(about_id=key) for key in about)
    with connections["people"].cursor() as cursor:
        cursor.execute(
            "SELECT review.id, person.id, person.name FROM people_review review"
            " LEFT JOIN people_person person ON person.id = review.about_id ORDER BY review.id"
        )
        joined = [tuple(row) for row in cursor.fetchall()]
    reviews = list(Review.objects.order_by("id"))
    with queries_counted() as spent:
        attach(iter(reviews), "about", missing="none")
    assert spent.count == (1 if any(about) else 0)
    with query_budget(0):
        assert [
            (review.pk, review.about and review.about.pk, review.about and review.about.name)
            for review in reviews
        ] == joined
        for review, key in zip(attach(reviews, "about"), about, strict=True):
            assert (key is None or key not in people) is (review.about is None)


@on_random_rows
@given(shelves=st.lists(st.integers(0, 9), max_size=25), order=st.randoms(use_true_random=False))
def test_attach_is_select_related_over_two_partitions(
    bakery: Shop, butcher: Shop, shelves: list[int], order: Any
) -> None:
    for shop in (bakery, butcher):
        Item.objects.of(shop).delete()
        Shelf.objects.of(shop).delete()
        made = Shelf.objects.of(shop).bulk_create([Shelf(name=f"{shop.name} {each}") for each in range(5)])
        Item.objects.of(shop).bulk_create(
            [Item(name="x", shelf=made[number] if number < 5 else None) for number in shelves]
        )
    joined = {
        (item.shop_id, item.pk): item.shelf and (item.shelf.pk, item.shelf.name, item.shelf._state.db)
        for shop in (bakery, butcher)
        for item in Item.objects.of(shop).select_related("shelf")
    }
    items = [item for shop in (bakery, butcher) for item in Item.objects.of(shop)]
    order.shuffle(items)
    with queries_counted() as spent:
        attach(items, "shelf")
    assert spent.count == (2 if any(number < 5 for number in shelves) else 0)
    with query_budget(0):
        assert {
            (item.shop_id, item.pk): item.shelf and (item.shelf.pk, item.shelf.name, item.shelf._state.db)
            for item in items
        } == joined
