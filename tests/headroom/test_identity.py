"""While an identity map is open one row is one object; nothing unsaved is lost, and nothing outlives the scope."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections, transaction
from django.db.models import F, Value, prefetch_related_objects
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse

from django_headroom.identity import Conflict, IdentityMap, IdentityMapMiddleware, identity_map, open_map
from django_headroom.joins import attach
from django_headroom.testing import queries_counted, query_budget
from django_headroom.transactions import writing
from django_headroom.updates import change, claim, insert, step
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person, Review
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


@pytest.fixture
def rye(bakery: Shop, shelf: Shelf, ann: Person) -> Item:
    """A row that was made before any map."""
    return Item.objects.of(bakery).create(name="rye", price=3, shelf=shelf, maker=ann)


@pytest.fixture
def opened(rye: Item) -> Iterator[IdentityMap]:
    with identity_map() as opened:
        yield opened


def behind_our_back(row: Any, **columns: Any) -> None:
    """Another process writes; nothing here is told of it."""
    quote = connections[row._state.db].ops.quote_name
    assignments = ", ".join(f"{quote(name)} = %s" for name in columns)
    with connections[row._state.db].cursor() as cursor:
        cursor.execute(
            f"UPDATE {row._meta.db_table} SET {assignments} WHERE id = {row.pk}", [*columns.values()]
        )


# One row, one object


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


# Read again


def test_a_row_read_again_is_brought_up_to_date(opened: IdentityMap, rye: Item, bakery: Shop) -> None:
    item = Item.objects.of(bakery).get(pk=rye.pk)
    behind_our_back(item, price=4)
    assert [each.price for each in Item.objects.of(bakery)] == [4]
    assert item.price == 4
    assert not opened.conflicts


def test_a_change_that_was_not_saved_is_kept_and_a_conflict_noted(
    opened: IdentityMap, rye: Item, bakery: Shop
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


# Written


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


# The scope


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_nothing_outlives_the_scope(rye: Item, bakery: Shop) -> None:
    with identity_map() as opened:
        gone = weakref.ref(Item.objects.of(bakery).get(pk=rye.pk))
        kept = Item.objects.of(bakery).get(pk=rye.pk)
        with writing(bakery):
            change(kept, price=7)
        assert gone() is kept
        map_itself = weakref.ref(opened)
        del kept
        assert gone() is not None, "within the scope it is held"
    gc.collect()
    assert gone() is None
    assert len(opened) == 0
    assert Item.objects.of(bakery).get(pk=rye.pk) is not Item.objects.of(bakery).get(pk=rye.pk)
    del opened
    assert map_itself() is None


def test_an_object_that_outlives_the_scope_is_an_ordinary_one(rye: Item, bakery: Shop) -> None:
    with identity_map():
        item = Item.objects.of(bakery).get(pk=rye.pk)
        with pytest.raises(ZeroDivisionError), writing(bakery):
            change(item, price=7)
            1 / 0  # noqa: B018
    item.state = "sold"
    item.save()
    item.refresh_from_db()
    assert (item.price, item.state) == (3, "sold")


def test_scopes_nest_and_each_has_objects_of_its_own(rye: Item, bakery: Shop) -> None:
    with identity_map() as outer:
        item = Item.objects.of(bakery).get(pk=rye.pk)
        with identity_map() as inner:
            assert Item.objects.of(bakery).get(pk=rye.pk) is not item
            assert open_map() is inner
        assert open_map() is outer
        assert Item.objects.of(bakery).get(pk=rye.pk) is item


def test_it_keeps_so_many_alive_and_no_more(bakery: Shop) -> None:
    Item.objects.of(bakery).bulk_create([Item(name=str(n)) for n in range(50)])
    with identity_map(at_most=10) as opened:
        for n in range(50):
            Item.objects.of(bakery).get(name=str(n))
        gc.collect()
        assert len(opened) == 10
        with query_budget(1):
            held = list(Item.objects.of(bakery).order_by("id"))
            assert len(opened) == 50, "whoever holds a row holds the one"
        assert list(Item.objects.of(bakery).order_by("id"))[0] is held[0]
        del held
        gc.collect()
        assert len(opened) == 10


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_thread_has_no_map_of_another_thread(rye: Item, bakery: Shop) -> None:
    seen: list[Any] = []

    def read() -> None:
        seen.append(open_map())
        with identity_map() as opened:
            seen.append(Item.objects.using("p1").get(pk=rye.pk))
            seen.append(len(opened))
        connections.close_all()

    with identity_map() as opened:
        item = Item.objects.of(bakery).get(pk=rye.pk)
        thread = Thread(target=read)
        thread.start()
        thread.join()
        assert len(opened) == 1
    assert (seen[0], seen[2]) == (None, 1)
    assert seen[1] is not item


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_tasks_beside_each_other_share_nothing_and_tasks_within_share_the_map(rye: Item) -> None:
    async def read() -> Item:
        return await Item.objects.using("p1").aget(pk=rye.pk)

    async def one_request(other_may_go_on: asyncio.Event, wait_for: asyncio.Event) -> list[Item]:
        with identity_map():
            first = await read()
            other_may_go_on.set()
            await wait_for.wait()
            return [first, await read(), *await asyncio.gather(read(), read())]

    async def site() -> tuple[list[Item], list[Item]]:
        one, other = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(one_request(one, other), one_request(other, one))

    one, other = async_to_sync(site)()
    assert len({id(each) for each in one}) == len({id(each) for each in other}) == 1
    assert one[0] is not other[0]


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_task_that_outlives_the_scope_finds_no_map(rye: Item) -> None:
    async def late(over: asyncio.Event) -> tuple[Any, Item, Item]:
        await over.wait()
        rows = Item.objects.using("p1")
        return open_map(), await rows.aget(pk=rye.pk), await rows.aget(pk=rye.pk)

    async def request() -> tuple[Any, Item, Item]:
        over = asyncio.Event()
        with identity_map():
            task = asyncio.create_task(late(over))
            await sync_to_async(Item.objects.using("p1").get)(pk=rye.pk)
        over.set()
        return await task

    found, one, other = async_to_sync(request)()
    assert found is None
    assert one is not other


def test_the_middleware_opens_a_map_for_each_request(rye: Item) -> None:
    maps: list[Any] = []

    def view(request: HttpRequest) -> HttpResponse:
        maps.append(open_map())
        return HttpResponse(
            str(Item.objects.using("p1").get(name="rye") is Item.objects.using("p1").get(pk=rye.pk))
        )

    async def aview(request: HttpRequest) -> HttpResponse:
        return await sync_to_async(view)(request)

    answer = IdentityMapMiddleware(view)
    assert answer(HttpRequest()).content == answer(HttpRequest()).content == b"True"
    assert async_to_sync(IdentityMapMiddleware(aview))(HttpRequest()).content == b"True"
    assert len({id(each) for each in maps}) == 3
    assert all(each.closed for each in maps)
    assert open_map() is None


def test_a_plain_model_and_a_row_without_its_key_stay_as_they_are(opened: IdentityMap, bakery: Shop) -> None:
    assert Shop.objects.get(pk=bakery.pk) is not Shop.objects.get(pk=bakery.pk)
    step_free = Item.objects.of(bakery).annotate(one=Value(1)).first()
    assert step_free is not None
    assert len(opened) == 0
