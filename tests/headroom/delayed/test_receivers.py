"""Receivers as with Django's signals: by sender, in their queue, in order, tried as they wish."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest
from django.db import connections
from django.utils import timezone

from django_headroom.delayed import signals
from django_headroom.delayed.models import Event, Heard, Lane
from django_headroom.delayed.receivers import Retry, Told, once
from django_headroom.delayed.shapes import WrongShape
from django_headroom.delayed.signals import DelayedSignal, TwoOrders
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


class Sale(TypedDict):
    name: str
    price: int | None


@pytest.fixture
def sold() -> Iterator[DelayedSignal]:
    yield DelayedSignal("sold", schema=2, tenant="shop_id")
    signals._signals.pop("sold")


def say(signal: DelayedSignal, at: Any = "p1", **told: Any) -> None:
    with writing(at):
        signal.say(at=at, **told)


def events() -> Any:
    return Event.objects.using("p1")


def bring_due() -> None:
    for event in events():
        event.due_at = timezone.now()
        event.save()


def drain_all() -> None:
    while drain("p1"):
        pass


def test_a_receiver_hears_the_senders_that_it_asks_for(sold: DelayedSignal) -> None:
    heard: list[tuple[str, str]] = []
    sold.connect(lambda data, sender: heard.append(("items", sender)), dispatch_uid="items", sender=Item)
    sold.connect(lambda data, **rest: heard.append(("all", rest["sender"])), dispatch_uid="all")
    say(sold, sender=Item)
    say(sold, sender="a person")
    drain_all()
    assert sorted(heard) == [("all", "a person"), ("all", "items.Item"), ("items", "items.Item")]


def test_a_receiver_is_given_what_it_names(sold: DelayedSignal) -> None:
    heard: list[Any] = []
    sold.connect(lambda data: heard.append(data), dispatch_uid="a")
    sold.connect(lambda data, event: heard.append(event), dispatch_uid="b")
    sold.connect(lambda data, schema, said_at, event_id: heard.append((schema, event_id)), dispatch_uid="c")
    say(sold, name="rye")
    event_id = events().get().event_id
    drain_all()
    data, told, (schema, text) = heard
    assert isinstance(told, Told)
    assert (data, schema, text) == ({"name": "rye"}, 2, str(event_id))
    assert (told.event_id, told.outbox, told.receiver, told.signal) == (event_id, "p1", "b", "sold")


def test_the_same_uid_connects_once(sold: DelayedSignal) -> None:
    heard: list[str] = []
    sold.connect(lambda data: heard.append("before"), dispatch_uid="a")
    sold.connect(lambda data: heard.append("after"), dispatch_uid="a")
    say(sold)
    drain_all()
    assert heard == ["after"]


def test_what_a_savepoint_has_undone_is_not_heard(sold: DelayedSignal) -> None:
    heard: list[str] = []
    sold.connect(lambda data: heard.append(data["name"]), dispatch_uid="a")
    with writing("p1"):
        sold.say(at="p1", name="rye")
        with pytest.raises(ZeroDivisionError), writing("p1"):
            sold.say(at="p1", name="oat")
            raise ZeroDivisionError
        sold.say(at="p1", name="bun")
    drain_all()
    assert heard == ["rye", "bun"]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"name": "rye"}, "price missing"),
        ({"name": "rye", "price": 1, "colour": "brown"}, "colour unknown"),
        ({"name": "rye", "price": "1"}, "price='1'"),
        ({"name": "rye", "price": True}, "price=True"),
    ],
)
def test_what_is_said_has_the_shape_that_is_declared(told: dict[str, Any], why: str) -> None:
    shaped = DelayedSignal("shaped", schema=1, shape=Sale)
    try:
        with pytest.raises(WrongShape, match=why):
            say(shaped, **told)
        say(shaped, name="rye", price=None)
        assert events().count() == 1, "and nothing of the others"
    finally:
        signals._signals.pop("shaped")
        events().delete()


def test_an_older_schema_is_converted_as_declared_or_given_as_it_is(sold: DelayedSignal) -> None:
    heard: list[tuple[Any, int]] = []
    sold.connect(lambda data, schema: heard.append((data, schema)), dispatch_uid="a")
    for schema in (1, 0, 3):
        say(sold, name=str(schema))
        events().filter(pk=events().order_by("-id").first().pk).update(schema=schema)

    @sold.converts(1)
    def with_amount(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "amount": 1}

    drain_all()
    assert heard == [({"name": "1", "amount": 1}, 2), ({"name": "0"}, 0), ({"name": "3"}, 3)]


def test_each_receiver_hears_in_its_queue(sold: DelayedSignal) -> None:
    heard: list[str] = []
    for queue in ("bulk", "high", "low"):
        sold.connect(lambda data, event: heard.append(event.receiver), dispatch_uid=queue, queue=queue)
    say(sold)
    assert events().get().lane == Lane.HIGH
    assert (drain("p1", [Lane.HIGH]), heard, drain("p1", [Lane.HIGH])) == (1, ["high"], 0)
    assert (drain("p1", [Lane.BULK]), heard) == (0, ["high"]), "its turn has not come"
    assert (drain("p1", [Lane.LOW]), drain("p1", [Lane.BULK]), events().count()) == (1, 1, 0)
    assert heard == ["high", "low", "bulk"]


def test_a_failure_in_one_queue_is_not_told_again_in_the_next(sold: DelayedSignal) -> None:
    heard: Counter[str] = Counter()

    def fail_once(data: Any) -> None:
        heard["high"] += 1
        if heard["high"] == 1:
            raise ValueError("not yet")

    sold.connect(fail_once, dispatch_uid="high", queue="high")
    sold.connect(lambda data: heard.update(["low"]), dispatch_uid="low")
    say(sold)
    drain_all()
    assert heard == {"high": 1, "low": 1}
    bring_due()
    drain_all()
    assert (heard, events().count()) == ({"high": 2, "low": 1}, 0)


def test_a_receiver_is_tried_as_it_wishes(sold: DelayedSignal) -> None:
    def fail(data: Any) -> None:
        raise ValueError("the mail server is away")

    sold.connect(fail, dispatch_uid="impatient", retry=Retry(tries=2, first=100))
    say(sold)
    drain_all()
    left = events().get()
    pause = (left.due_at - timezone.now()).total_seconds()
    assert (left.tries, left.dead_at, left.only) == (1, None, "impatient")
    assert 40 < pause < 160
    bring_due()
    drain_all()
    assert events().get().dead_at
    assert "the mail server is away" in events().get().error
    events().delete()


def test_one_that_fails_holds_back_what_comes_after_it_in_its_order_and_nobody_else(
    sold: DelayedSignal,
) -> None:
    heard: list[tuple[str, str, int]] = []
    down = {"bakery"}

    def note(data: dict[str, Any], event: Told) -> None:
        if event.receiver == "ordered" and data["shop"] in down:
            raise ValueError("away")
        heard.append((event.receiver, data["shop"], data["number"]))

    sold.connect(note, dispatch_uid="ordered", order_key="shop")
    sold.connect(note, dispatch_uid="free")
    for number in range(3):
        for shop in ("bakery", "cellar"):
            say(sold, shop=shop, number=number)
    drain_all()
    assert [each for each in heard if each[0] == "free"] == [
        ("free", shop, number) for number in range(3) for shop in ("bakery", "cellar")
    ]
    assert [each[2] for each in heard if each[:2] == ("ordered", "cellar")] == [0, 1, 2]
    assert not [each for each in heard if each[:2] == ("ordered", "bakery")]
    assert sorted(events().values_list("tries", flat=True)) == [0, 0, 1], "only the first was tried"
    say(sold, shop="bakery", number=3)
    drain_all()
    down.clear()
    bring_due()
    drain_all()
    assert [each[2] for each in heard if each[:2] == ("ordered", "bakery")] == [0, 1, 2, 3]
    assert not events().exists()


def test_two_orders_of_one_signal_are_refused(sold: DelayedSignal) -> None:
    sold.connect(print, dispatch_uid="a", order_key="shop")
    with pytest.raises(TwoOrders, match="heard in the order of 'shop'"):
        sold.connect(print, dispatch_uid="b", order_key="name")


def test_a_tenant_with_much_does_not_keep_the_others_waiting(sold: DelayedSignal) -> None:
    heard: Counter[int] = Counter()
    sold.connect(lambda data: heard.update([data["shop_id"]]), dispatch_uid="a")
    with writing("p1"):
        for number in range(500):
            sold.say(at="p1", shop_id=1, number=number)
        for shop in range(2, 32):
            sold.say(at="p1", shop_id=shop)
    for _ in range(4):
        drain("p1")
    assert all(heard[shop] == 1 for shop in range(2, 32)), "after four batches of five hundred rows"
    drain_all()
    assert heard[1] == 500


@pytest.mark.parametrize("declared", [True, False])
def test_an_effect_is_deduplicated_in_its_own_transaction(
    sold: DelayedSignal, ann: Person, declared: bool
) -> None:
    """The worker dies after the effect and before it could say so; the next one finds that it is done."""

    def rename(data: dict[str, Any], event: Told) -> None:
        if declared:
            Person.objects.create(name="Bo")
        else:
            with once(event, at="people") as is_first:
                if is_first:
                    Person.objects.create(name="Bo")

    place = {"once_at": lambda data: "people"} if declared else {}
    sold.connect(rename, dispatch_uid="rename", **place)
    say(sold)
    event = events().get()
    drain_all()
    event.save(force_insert=True)
    drain_all()
    assert (Person.objects.filter(name="Bo").count(), events().count()) == (1, 0)
    assert Heard.objects.using("people").get().receiver == "rename"


def test_an_effect_that_fails_has_not_been_heard(sold: DelayedSignal, ann: Person) -> None:
    fails = [True, False]

    def rename(data: dict[str, Any]) -> None:
        Person.objects.create(name="Bo")
        if fails.pop(0):
            raise ValueError

    sold.connect(rename, dispatch_uid="rename", once_at="people")
    say(sold)
    drain_all()
    assert not Person.objects.filter(name="Bo").exists()
    assert not Heard.objects.using("people").exists()
    bring_due()
    drain_all()
    assert Person.objects.filter(name="Bo").count() == 1


def test_a_row_that_an_older_release_writes_is_heard(sold: DelayedSignal, bakery: Shop) -> None:
    """It names none of the newer columns: the database fills them."""
    heard: list[Any] = []
    sold.connect(heard.append, dispatch_uid="a")
    say(sold, name="rye")
    newer = ("lane", "tenant", "sender", "order_key", "only")
    columns = ", ".join(f.column for f in Event._meta.concrete_fields if f.name not in (*newer, "id"))
    with writing("p1"), connections["p1"].cursor() as cursor:
        cursor.execute(f"INSERT INTO delayed_event ({columns}) SELECT {columns} FROM delayed_event")
    drain_all()
    assert heard == [{"name": "rye"}] * 2
