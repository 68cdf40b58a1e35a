"""Nothing outlives the scope of an identity map, or gets into another."""

import asyncio
import gc
import weakref
from threading import Thread
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections
from django.db.models import Value
from django.http import HttpRequest, HttpResponse

from django_headroom.delayed import signals
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.identity import IdentityMap, IdentityMapMiddleware, identity_map, open_map
from django_headroom.testing import query_budget
from django_headroom.transactions import writing
from django_headroom.updates import change
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


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


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_the_worker_opens_a_map_for_each_receiver(rye: Item, bakery: Shop) -> None:
    sold = DelayedSignal("sold", schema=1)
    heard: list[Any] = []
    try:
        for name in ("one", "other"):
            sold.connect(
                lambda data, event_id: heard.append(
                    (open_map(), Item.objects.using("p1").get(), Item.objects.using("p1").get())
                ),
                dispatch_uid=name,
            )
        with writing(bakery):
            sold.say(at=bakery, item=rye.pk)
        drain("p1")
    finally:
        del signals._signals["sold"]
    assert len({id(each) for each, _, _ in heard}) == 2
    assert all(one is other for _, one, other in heard)
    assert heard[0][1] is not heard[1][1]
    assert all(each.closed for each, _, _ in heard)
