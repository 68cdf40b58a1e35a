"""attach() asks once for many rows, lists and databases, and never row by row."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from django_headroom.joins import (
    CHUNK,
    NotAttached,
    PartitionUnknown,
    attach,
    attach_back,
    attach_sets,
)
from django_headroom.testing import queries_counted, query_budget
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person, Review
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_rows_of_two_partitions_are_attached_by_one_query_for_each_name(bakery: Shop, butcher: Shop) -> None:
    ann, bo = Person.objects.create(name="Ann"), Person.objects.create(name="Bo")
    for shop in (bakery, butcher):
        Item.objects.of(shop).bulk_create(
            [Item(name="x", maker=(ann, bo)[number % 2]) for number in range(10)]
        )
    items = [item for shop in (bakery, butcher) for item in Item.objects.of(shop).order_by("id")]
    with queries_counted() as spent:
        assert attach(items, "maker", "shop") is not items
    assert {alias: len(found) for alias, found in spent.by_alias.items() if found} == {
        "people": 1,
        "default": 1,
    }
    with query_budget(0):
        assert [item.maker.name for item in items] == ["Ann", "Bo"] * 10
        assert {item.shop.name for item in items[:10]} == {"bakery"}
        attach(items, "maker")  # what is attached is not asked for again
    assert items[0].maker is items[2].maker, "equal keys share one object"


def test_a_generator_is_taken_and_the_order_kept(bakery: Shop, ann: Person) -> None:
    names = ["c", "a", "b"]
    found = attach((Item(name=name, shop=bakery, maker_id=ann.pk) for name in names), "maker")
    assert [(item.name, item.maker) for item in found] == [(name, ann) for name in names]


def test_many_keys_are_asked_for_in_chunks(bakery: Shop) -> None:
    people = Person.objects.bulk_create([Person(name="x") for _ in range(CHUNK + 1)])
    items = [Item(name="x", maker_id=person.pk) for person in people]
    with queries_counted() as spent:
        attach(items, "maker")
    assert spent.count == 2
    assert [item.maker.pk for item in items] == [person.pk for person in people]


def test_nothing_costs_nothing(bakery: Shop) -> None:
    with query_budget(0):
        assert attach([], "maker") == []
        assert attach([Item(name="x")], "maker")[0].maker is None


def test_a_path_follows_what_is_loaded_and_nothing_else(bakery: Shop, shelf: Shelf) -> None:
    Item.objects.of(bakery).bulk_create(
        [Item(name="x", shelf=shelf), Item(name="y", shelf=shelf), Item(name="z")]
    )
    items = attach(Item.objects.of(bakery).select_related("shelf").order_by("name"), "shelf.shop")
    assert [item.shelf and item.shelf.shop for item in items] == [bakery, bakery, None]
    with query_budget(1), pytest.raises(NotAttached, match=r"use select_related\('shelf'\)"):
        attach(Item.objects.of(bakery), "shelf.shop")
    with pytest.raises(NotAttached, match="attach it first"):
        attach([Item(name="x", maker_id=1)], "maker.shop")


def test_a_column_leads_nowhere(shelf: Shelf) -> None:
    with pytest.raises(TypeError, match=r"Item\.name leads to no other rows"):
        attach([Item(shelf=shelf)], "name")


def test_a_path_may_lead_over_what_the_same_call_attaches(bakery: Shop, shelf: Shelf, ann: Person) -> None:
    Item.objects.of(bakery).bulk_create([Item(name=name, shelf=shelf, maker=ann) for name in "xyz"])
    with query_budget(3):
        [again] = attach(Shelf.objects.of(bakery), "items.maker", "items")
    with query_budget(0):
        assert [item.maker for item in again.items.all()] == [ann] * 3


def test_a_key_that_was_deferred_is_refused_not_fetched_row_by_row(bakery: Shop, ann: Person) -> None:
    Item.objects.of(bakery).create(name="rye", maker=ann)
    with query_budget(1), pytest.raises(NotAttached, match=r"Item\.maker_id was deferred"):
        attach(Item.objects.of(bakery).only("name"), "maker")


def test_sets_of_several_models_ask_one_target_once(bakery: Shop, butcher: Shop) -> None:
    people = Person.objects.bulk_create([Person(name=name) for name in "abc"])
    items = [Item(name="x", shop=bakery, maker_id=person.pk) for person in people]
    reviews = [Review(by_id=people[0].pk, about_id=people[1].pk), Review(about_id=people[2].pk)]
    for review in reviews:
        review._state.db = "people"  # as one that was read there
    with queries_counted() as spent:
        attach_sets((items, "maker"), (reviews, "by"), (reviews, "about"))
    assert spent.count == 1
    asked = spent.by_alias["people"][0]
    assert all(asked.count(str(person.pk)) == 1 for person in people), "each key is asked for once"
    assert reviews[0].by is items[0].maker
    assert (reviews[0].about, reviews[1].about) == (items[1].maker, items[2].maker)
    assert reviews[0].by._state.db == "people"


def test_rows_of_another_home_find_theirs_in_the_partition_of_each(bakery: Shop, butcher: Shop) -> None:
    rye, ham = (Item.objects.of(shop).create(name=shop.name) for shop in (bakery, butcher))
    for item in (rye, ham, rye):
        Review.objects.create(shop_id=item.shop_id, item_id=item.pk)
    reviews = list(Review.objects.order_by("pk"))
    with queries_counted() as spent:
        attach(reviews, "item")
    assert [len(spent.by_alias[alias]) for alias in ("p1", "p2")] == [1, 1]
    assert [review.item for review in reviews] == [rye, ham, rye]
    assert [review.item._state.db for review in reviews] == ["p1", "p2", "p1"]
    assert reviews[0].item is reviews[2].item


def test_a_row_that_does_not_say_whose_it_is_leads_into_no_partition(bakery: Shop) -> None:
    review = Review.objects.create(item_id=Item.objects.of(bakery).create(name="rye").pk)
    with pytest.raises(PartitionUnknown, match=r"Review\.item leads to items\.Item.*has no shop_id"):
        attach([review], "item")


def test_another_tenants_row_of_the_same_partition_is_not_answered(bakery: Shop, cellar: Shop) -> None:
    hers = Item.objects.of(cellar).create(name="wine")
    [review] = attach([Review(shop=bakery, item_id=hers.pk)], "item", missing="none")
    assert review.item is None


def test_a_row_cache_is_asked_first_and_told_what_was_read() -> None:
    class Kept(dict[tuple[str, int], Person]):
        def get_many(self, model: type[Any], alias: str, keys: Collection[int]) -> Mapping[int, Person]:
            asked.append(sorted(keys))
            return {key: self[alias, key] for key in keys if (alias, key) in self}

        def set_many(self, model: type[Any], alias: str, rows: Mapping[int, Person]) -> None:
            self.update({(alias, key): row for key, row in rows.items()})

    asked: list[list[int]] = []
    kept = Kept()
    people = Person.objects.bulk_create([Person(name="Ann"), Person(name="Bo")])
    keys = [person.pk for person in people]
    with query_budget(1):
        attach([Item(maker_id=keys[0]), Item(maker_id=987_654)], "maker", cache=kept)
    with queries_counted() as spent:
        found = attach([Item(maker_id=key) for key in keys], "maker", cache=kept)
    assert asked == [sorted([keys[0], 987_654]), keys]
    assert str(keys[0]) not in spent.by_alias["people"][0].partition("WHERE")[2]
    assert [item.maker for item in found] == people
    with query_budget(0):
        attach([Item(maker_id=key) for key in keys], "maker", cache=kept)


def test_who_points_at_a_row_is_found_where_the_querysets_say(bakery: Shop, butcher: Shop) -> None:
    ann, bo, cy = Person.objects.bulk_create([Person(name=name) for name in ("Ann", "Bo", "Cy")])
    for shop, maker, name in [(bakery, ann, "rye"), (butcher, ann, "ham"), (butcher, bo, "lard")]:
        Item.objects.of(shop).create(name=name, maker=maker)
    sold = [Item.objects.of(shop).order_by("id") for shop in (bakery, butcher)]
    with query_budget(2):
        people = attach_back((each for each in (ann, bo, cy, ann)), "made", *sold, by="maker")
    assert people == [ann, bo, cy, ann]
    with query_budget(0):
        assert [[item.name for item in person.made] for person in (ann, bo, cy)] == [
            ["rye", "ham"],
            ["lard"],
            [],
        ]
        assert ann.made[0].maker is ann
    with pytest.raises(TypeError, match=r"Item\.shelf is no far key to all of these rows"):
        attach_back(people, "made", *sold, by="shelf")
    with pytest.raises(TypeError, match=r"Item\.shop is no far key to all of these rows"):
        attach_back(people, "made", *sold, by="shop")


@pytest.mark.django_db(databases=[*DATABASES, "p1_replica"], transaction=True)
def test_a_copy_may_be_named_from_which_rows_are_attached(bakery: Shop, butcher: Shop, settings: Any) -> None:
    for shop in (bakery, butcher):
        Item.objects.of(shop).create(name="x", shelf=Shelf.objects.of(shop).create(name=shop.name))
    reviews = [Review(shop_id=item.shop_id, item_id=item.pk) for item in every_item(bakery, butcher)]
    items = every_item(bakery, butcher)
    with queries_counted() as spent:
        attach(items, "shelf", "shop", using="p1_replica")
        attach(reviews, "item", using="p1_replica")
    assert (len(spent.by_alias["p1_replica"]), len(spent.by_alias["p2"])) == (2, 2)
    assert not spent.by_alias["p1"]
    assert [item.shelf._state.db for item in items] == ["p1_replica", "p2"]
    assert [review.item.shop_id for review in reviews] == [bakery.pk, butcher.pk]


def every_item(*shops: Shop) -> list[Item]:
    return [item for shop in shops for item in Item.objects.of(shop)]
