"""What is written, deleted or rolled back is so in the one object of the row."""

import pytest
from django.db import transaction
from django.db.models import F

from django_headroom.identity import IdentityMap
from django_headroom.testing import query_budget
from django_headroom.transactions import writing
from django_headroom.updates import change, claim, step
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.rows.behind import behind_our_back

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_what_updates_write_is_no_unsaved_change(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    shelf = Shelf.objects.of(bakery).get()
    for act in (
        lambda: change(item, name="oat", price=F("price") + 1),
        lambda: claim(item, when={"state": "new"}, state="sold"),
        lambda: step(shelf, count=2),
        lambda: item.save(),
    ):
        act()
    behind_our_back(item, name="wheat", state="new", price=9)
    behind_our_back(shelf, count=7)
    list(Item.objects.of(bakery))
    list(Shelf.objects.of(bakery))
    assert (item.name, item.state, item.price, shelf.count) == ("wheat", "new", 9, 7)
    assert not opened.conflicts


def test_a_second_object_of_a_row_brings_the_one_up_to_date(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    """``rye`` is older than the map, ``item`` is in it."""
    item = Item.objects.of(bakery).get(pk=rye.pk)
    change(rye, name="oat")
    assert item.name == "oat"
    rye.price = 8
    rye.save()
    assert item.price == 8
    behind_our_back(rye, state="sold")
    rye.refresh_from_db()
    assert item.state == "sold"
    assert Item.objects.of(bakery).get(pk=rye.pk) is item


def test_an_older_object_that_is_changed_in_part_does_not_become_the_one(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    behind_our_back(rye, price=4)
    change(rye, name="oat")
    assert len(opened) == 0
    item = Item.objects.of(bakery).get(pk=rye.pk)
    assert (item.name, item.price) == ("oat", 4)


def test_a_refresh_takes_what_the_database_says(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    item.price = 5
    behind_our_back(item, price=4, name="oat")
    item.refresh_from_db(fields=["price"])
    assert (item.price, item.name) == (4, "rye")
    item.refresh_from_db()
    assert item.name == "oat"
    behind_our_back(item, price=6)
    list(Item.objects.of(bakery))
    assert (item.price, opened.conflicts) == (6, [])


def test_an_expression_that_was_saved_is_read_back(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    item.price = F("price") + 1
    item.save(update_fields=["price"])
    assert item.price == 4
    item.save()
    assert Item.objects.of(bakery).values_list("price", flat=True).get() == 4


def test_rows_written_past_their_objects_are_asked_for_anew(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    Item.objects.of(bakery).update(price=F("price") + 1)
    with query_budget(1):
        assert Item.objects.of(bakery).get(pk=rye.pk) is item
    assert item.price == 4
    Item.objects.of(bakery).delete()
    with pytest.raises(Item.DoesNotExist):
        Item.objects.of(bakery).get(pk=rye.pk)


def test_a_deleted_object_is_marked_and_not_given_again(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item, shelf = Item.objects.of(bakery).get(pk=rye.pk), Shelf.objects.of(bakery).get()
    assert not opened.is_deleted(shelf)
    key = shelf.pk
    shelf.delete()
    assert opened.is_deleted(shelf)
    with pytest.raises(Shelf.DoesNotExist):
        Shelf.objects.of(bakery).get(pk=key)
    with pytest.raises(Item.DoesNotExist):
        Item.objects.of(bakery).get(pk=item.pk)  # it lay on the shelf


def test_a_rollback_expires_what_was_written_in_the_transaction(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    item.state = "mine"
    with pytest.raises(ZeroDivisionError), writing(bakery):
        change(item, name="oat", price=4)
        made = Item.objects.of(bakery).create(name="never")
        1 / 0  # noqa: B018
    with query_budget(1):
        assert (item.name, item.price) == ("rye", 3), "one query brings all that has expired"
    assert item.state == "mine", "what was not written is still to be saved"
    with pytest.raises(Item.DoesNotExist):
        Item.objects.of(bakery).get(pk=made.pk)


def test_a_rollback_to_a_savepoint_expires_what_was_written_since(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    with writing(bakery) as alias:
        change(item, price=4)
        with pytest.raises(ZeroDivisionError), transaction.atomic(using=alias):
            change(item, name="oat")
            item.price = 9
            item.save(update_fields=["price"])
            1 / 0  # noqa: B018
        with query_budget(1):
            assert (item.name, item.price) == ("rye", 4)
    with query_budget(0):
        assert (item.name, item.price) == ("rye", 4)


def test_a_rollback_of_a_write_past_the_objects_expires_what_was_read_since(
    opened: IdentityMap, rye: Item, bakery: Shop
) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    item.state = "mine"
    with pytest.raises(ZeroDivisionError), writing(bakery):
        Item.objects.of(bakery).update(price=4)
        assert Item.objects.of(bakery).get(pk=rye.pk).price == 4
        1 / 0  # noqa: B018
    assert (item.price, item.state) == (3, "mine")


def test_a_deletion_that_is_rolled_back_is_none(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    with pytest.raises(ZeroDivisionError), writing(bakery):
        item.delete()
        assert opened.is_deleted(item)
        1 / 0  # noqa: B018
    assert not opened.is_deleted(item)
    assert Item.objects.of(bakery).get(pk=rye.pk).name == "rye"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_what_was_committed_stays(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    with writing(bakery):
        change(item, price=4)
    change(item, name="oat")
    with query_budget(0):
        assert (Item.objects.of(bakery).get(pk=rye.pk).price, item.name) == (4, "oat")
