"""change() writes what is named and nothing else; claim() is true for one of many; step() adds and reads back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Upper
from django.utils import timezone

from django_headroom import ids
from django_headroom.delayed.models import Event
from django_headroom.testing import query_budget
from django_headroom.updates import change, claim, insert, step
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_only_what_is_named_is_written(shelf: Shelf) -> None:
    other_view = Shelf.objects.using("p1").get()
    change(other_view, count=5)
    with query_budget(1):
        change(shelf, name="rolls")
    assert Shelf.objects.using("p1").values_list("name", "count").get() == ("rolls", 5)
    assert shelf.name == "rolls"


def test_auto_now_follows(shelf: Shelf) -> None:
    long_ago = timezone.now() - timedelta(days=9)
    Shelf.objects.using("p1").update(changed_at=long_ago)
    change(shelf, name="rolls")
    assert Shelf.objects.using("p1").get().changed_at == shelf.changed_at > long_ago


def test_an_expression_comes_back_as_the_database_computed_it(shelf: Shelf) -> None:
    Shelf.objects.using("p1").update(count=41)
    change(shelf, count=F("count") + 1, name=Upper("name"))
    assert (shelf.count, shelf.name) == (42, "BREAD")
    shelf.save()
    assert Shelf.objects.using("p1").get().count == 42, "saving again does not add again"


def test_a_far_row_is_written_by_its_key(bakery: Shop, ann: Person) -> None:
    item = Item.objects.of(bakery).create(name="rye")
    change(item, maker=ann)
    assert (item.maker, Item.objects.of(bakery).get().maker_id) == (ann, ann.pk)
    change(item, maker=None)
    assert Item.objects.of(bakery).get().maker_id is None


@pytest.mark.parametrize("act", [lambda row: change(row, name="x"), lambda row: step(row, count=1)])
def test_a_row_that_is_gone_is_not_made_again(shelf: Shelf, act: Any) -> None:
    Shelf.objects.using("p1").filter(pk=shelf.pk).delete()
    with pytest.raises(Shelf.DoesNotExist, match=f"Shelf {shelf.pk} is gone"):
        act(shelf)
    assert not Shelf.objects.using("p1").exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda row: change(row, name="x"),
        lambda row: step(row, count=1),
        lambda row: claim(row, when={}, name="x"),
    ],
)
def test_a_row_that_was_never_saved_is_refused(act: Any) -> None:
    with pytest.raises(ValueError, match="create it first"):
        act(Shelf(pk=1))


def test_a_row_read_from_a_replica_is_changed_on_the_primary(shelf: Shelf) -> None:
    shelf._state.db = "p1_replica"
    change(shelf, count=F("count") + 1)
    step(shelf, count=1)
    assert claim(shelf, when={"count": 2}, count=3)
    assert Shelf.objects.using("p1").get().count == 3


def test_a_claim_holds_only_while_the_row_is_as_it_was(shelf: Shelf) -> None:
    assert claim(shelf, when={"open": True}, open=False)
    assert shelf.open is False
    assert not claim(shelf, when={"open": True}, open=False, name="never")
    assert shelf.name == "bread", "who was told no keeps what she read"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_of_many_claims_at_once_one_is_told_true(bakery: Shop) -> None:
    for _ in range(5):
        pk = Item.objects.of(bakery).create(name="last loaf").pk

        def take(number: int, pk: int = pk) -> bool:
            item = Item.objects.using("p1").get(pk=pk)
            return claim(item, when={"state": "new"}, state=f"taken {number}")

        told = together(8, take)
        assert sorted(told) == [False] * 7 + [True]
        assert Item.objects.using("p1").get(pk=pk).state == f"taken {told.index(True)}"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_steps_of_many_at_once_add_up_and_no_two_are_told_the_same(shelf: Shelf) -> None:
    def add(_: int) -> list[int]:
        row, seen = Shelf.objects.using("p1").get(), []
        for _ in range(10):
            step(row, count=1)
            seen.append(row.count)
        return seen

    seen = [count for counts in together(8, add) for count in counts]
    assert sorted(seen) == list(range(1, 81))


def test_a_step_takes_one_round_trip_and_reads_back_other_columns(shelf: Shelf) -> None:
    moment = timezone.now()
    Shelf.objects.using("p1").update(count=4, name="moved", open=False, changed_at=moment)
    with query_budget(1):
        step(shelf, count=-1, read=("name", "open", "changed_at"))
    assert (shelf.count, shelf.name, shelf.open, shelf.changed_at) == (3, "moved", False, moment)
    step(shelf, count=0)
    assert shelf.count == 3


def test_a_step_of_nothing_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="with 0 to lock and read"):
        step(shelf, read=("name",))


def test_an_insert_is_one_statement_and_fills_what_is_set_on_saving(bakery: Shop) -> None:
    shelf = Shelf(pk=ids.next_id("p1", Shelf), shop_id=bakery.pk, name="rye", count=7)
    with query_budget(1):
        insert(shelf, using="p1")
    kept = Shelf.objects.of(bakery).get(name="rye")
    assert (kept.pk, kept.count, kept.changed_at) == (shelf.pk, 7, shelf.changed_at)
    assert (shelf._state.adding, shelf._state.db) == (False, "p1")


def test_an_insert_without_a_key_takes_the_databases(db: None) -> None:
    event = Event(signal="said", schema=1, payload={"of": "bread"})
    insert(event, using="p1")
    assert Event.objects.using("p1").get(pk=event.pk).payload == {"of": "bread"}
