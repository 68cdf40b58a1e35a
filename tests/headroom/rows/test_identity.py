"""While an identity map is open one row is one object, and what is not saved is not lost."""

from typing import Any

import pytest
from django.db.models import prefetch_related_objects
from django.db.models.functions import Upper

from django_headroom.identity import Conflict, IdentityMap, identity_map, open_map
from django_headroom.joins import attach
from django_headroom.testing import queries_counted, query_budget
from django_headroom.transactions import writing
from django_headroom.updates import insert
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person, Review
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.rows.behind import behind_our_back

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_without_a_map_nothing_is_shared(rye: Item, bakery: Shop) -> None:
    assert open_map() is None
    assert Item.objects.of(bakery).get(pk=rye.pk) is not Item.objects.of(bakery).get(pk=rye.pk)


def test_every_way_to_a_row_leads_to_the_same_object(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    shelf, maker = Shelf.objects.of(bakery).get(), Person.objects.get()
    assert item is not rye, "what was made before the map is no part of it"
    assert Item.objects.of(bakery).filter(name="rye").first() is item
    assert list(Item.objects.using("p1"))[0] is item
    assert item.shelf is shelf
    assert Item.objects.of(bakery).select_related("shelf").get(name="rye").shelf is shelf
    assert shelf.items.get(name="rye") is item
    prefetch_related_objects([shelf], "items")
    assert shelf.items.all()[0] is item
    assert attach([item], "maker")[0].maker is maker
    assert list(Shelf.objects.of(bakery).prefetch_related("items"))[0].items.all()[0] is item


def test_a_row_that_is_here_is_got_by_its_key_without_a_query(
    opened: IdentityMap, rye: Item, bakery: Shop, ann: Person
) -> None:
    item, person = Item.objects.of(bakery).get(name="rye"), Person.objects.get()
    review = Review.objects.create(by=ann)
    review = Review.objects.get(pk=review.pk)
    with query_budget(0):
        assert Item.objects.of(bakery).get(pk=rye.pk) is item
        assert Item.objects.of(bakery).get(id=rye.pk) is item
        assert Item.objects.using("p1").get(pk=rye.pk) is item
        assert Person.objects.get(pk=person.pk) is person
        assert attach([item], "maker")[0].maker is person
        assert review.by is person, "its model says base_manager_name = 'objects'"


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows, pk: rows.filter(state="new").get(pk=pk),
        lambda rows, pk: rows.get(pk=pk, state="new"),
        lambda rows, pk: rows.exclude(state="sold").get(pk=pk),
        lambda rows, pk: rows.select_related("shelf").get(pk=pk),
        lambda rows, pk: rows.only("name").get(pk=pk),
        lambda rows, pk: rows.prefetch_related("shelf__items").get(pk=pk),
        lambda rows, pk: rows.values("name").get(pk=pk),
        lambda rows, pk: rows.select_for_update().get(pk=pk),
    ],
)
def test_whoever_asks_for_more_than_a_key_asks_the_database(
    opened: IdentityMap, rye: Item, bakery: Shop, ask: Any
) -> None:
    with writing(bakery):
        Item.objects.of(bakery).get(pk=rye.pk)
        with queries_counted() as spent:
            ask(Item.objects.of(bakery), rye.pk)
        assert spent.count >= 1


def test_another_tenants_key_is_not_answered(
    opened: IdentityMap, rye: Item, bakery: Shop, cellar: Shop
) -> None:
    Item.objects.of(bakery).get(pk=rye.pk)
    with pytest.raises(Item.DoesNotExist):
        Item.objects.of(cellar).get(pk=rye.pk)


def test_a_key_of_another_database_is_another_row(opened: IdentityMap, rye: Item, butcher: Shop) -> None:
    ham = Item(pk=rye.pk, shop=butcher, name="ham")
    ham.save(force_insert=True, using="p2")
    assert Item.objects.using("p2").get(pk=rye.pk) is ham
    assert Item.objects.using("p1").get(pk=rye.pk).name == "rye"


def test_annotated_raw_and_plain_values_stay_outside(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    [more] = Item.objects.of(bakery).annotate(loud=Upper("name"))
    [raw] = Item.objects.using("p1").raw("SELECT id, 'oat' AS name FROM items_item")
    assert (more.loud, hasattr(item, "loud")) == ("RYE", False)
    assert (raw.name, item.name) == ("oat", "rye")
    assert list(Item.objects.of(bakery).values_list("name", flat=True)) == ["rye"]
    [passing] = Item.objects.of(bakery).iterator()
    assert len({id(each) for each in (item, more, raw, passing)}) == 4
    assert [row.pk for row in Item.objects.using("p1").raw("SELECT * FROM items_item")] == [rye.pk]


def test_a_new_row_is_in_the_map_however_it_is_written(opened: IdentityMap, bakery: Shop) -> None:
    made = Item.objects.of(bakery).create(name="oat")
    shelf = Shelf(pk=1_000_001, shop_id=bakery.pk, name="rolls")
    insert(shelf, using="p1")
    with query_budget(0):
        assert Item.objects.of(bakery).get(pk=made.pk) is made
        assert Shelf.objects.of(bakery).get(pk=shelf.pk) is shelf


def test_a_row_read_again_is_brought_up_to_date(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    behind_our_back(item, price=4)
    assert [each.price for each in Item.objects.of(bakery)] == [4]
    assert item.price == 4
    assert not opened.conflicts


def test_a_change_that_was_not_saved_is_kept_and_a_conflict_noted(
    opened: IdentityMap, rye: Item, bakery: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    item.name, item.price = "dark rye", 5
    list(Item.objects.of(bakery))
    assert (item.name, item.price, opened.conflicts) == ("dark rye", 5, []), "nobody else has changed it"
    behind_our_back(item, price=4, state="sold")
    list(Item.objects.of(bakery))
    assert (item.name, item.price, item.state) == ("dark rye", 5, "sold")
    [conflict] = opened.conflicts
    assert (conflict.model, conflict.pk, conflict.column) == (Item, rye.pk, "price")
    assert (conflict.mine, conflict.theirs) == (5, 4)
    assert str(conflict) == (
        f"Item {rye.pk}: price is 4 in the database by now, and 5 here, not saved: save it to overwrite theirs, or "
        f"take theirs with refresh_from_db()."
    )
    list(Item.objects.of(bakery))
    assert len(opened.conflicts) == 1, "it is told once"
    assert [record.getMessage() for record in caplog.records] == [str(conflict)], "in production, by the log"
    behind_our_back(item, price=5)
    list(Item.objects.of(bakery))
    assert len(opened.conflicts) == 1, "both say the same now"


def test_a_conflict_is_raised_if_asked(rye: Item, bakery: Shop) -> None:
    with identity_map(conflicts="raise"):
        item = Item.objects.of(bakery).get(pk=rye.pk)
        item.price = 5
        behind_our_back(item, price=4)
        with pytest.raises(Conflict, match="price is 4 in the database by now"):
            list(Item.objects.of(bakery))
        assert item.price == 5


def test_columns_that_were_left_out_fill_in_and_never_go_away(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    item = Item.objects.of(bakery).only("name").get(name="rye")
    assert item.get_deferred_fields() >= {"price", "state"}
    assert Item.objects.of(bakery).get(pk=rye.pk) is item
    assert not item.get_deferred_fields()
    Item.objects.of(bakery).only("name").get(name="rye")
    with query_budget(0):
        assert (item.price, item.state) == (3, "new")


def test_a_copy_that_lags_does_not_undo_what_the_primary_said(
    opened: IdentityMap, rye: Item, bakery: Shop, settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ("p2",)}}  # p2 holds the row as it was
    Item(pk=rye.pk, shop=bakery, name="rye", price=1).save(force_insert=True, using="p2")
    with identity_map():
        item = Item.objects.using("p2").get(pk=rye.pk)
        assert (item.price, item._state.db) == (1, "p2")
        assert Item.objects.using("p1").get(price=3) is item
        assert (item.price, item._state.db) == (3, "p1")
        assert Item.objects.using("p2").get(price=1) is item
        assert item.price == 3


def test_a_value_changed_in_place_counts_as_a_change(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    kept, _ = opened._at((Item, "p1", rye.pk))
    assert kept is not None
    notes: list[str] = []
    kept.merge(item, {"name": notes}, True)
    notes.append("mine")
    item.name = notes  # type: ignore[assignment]
    assert kept.merge(item, {"name": ["theirs"]}, True) is not None
    assert item.name == ["mine"]
