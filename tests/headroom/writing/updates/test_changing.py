"""What change() and claim() promise beyond the plain case: one round trip, compare and set, refusals, the signal."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import F, Value
from django.db.models.functions import Concat, Upper
from django.test import override_settings
from django.utils import timezone

from django_headroom.delayed import signals
from django_headroom.delayed.models import Event
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.identity import identity_map
from django_headroom.testing import query_budget
from django_headroom.transactions import writing
from django_headroom.updates import BareSave, Conflict, NotAColumn, change, claim, post_update
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.market.wire import on_the_wire
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=DATABASES)


class Spoilt(Exception):
    """Something goes wrong in the middle."""


def test_an_expression_comes_back_in_the_same_round_trip(shelf: Shelf) -> None:
    Shelf.objects.using("p1").update(count=41)
    with query_budget(1):
        change(shelf, count=F("count") + 1, name=Concat(Upper("name"), Value("!")))
    assert (shelf.count, shelf.name) == (42, "BREAD!")
    with query_budget(1):
        change(shelf, name="rye")
    assert Shelf.objects.using("p1").get().count == 42, "what was added once is not added again"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_change_is_one_statement_in_autocommit(bakery: Shop, shelf: Shelf) -> None:
    """Nothing more is sent than by ``save(update_fields=…)``; a transaction is opened where somebody listens."""
    item = Item.objects.of(bakery).create(name="rye")
    for act in (
        lambda: change(item, price=1),
        lambda: change(item, price=F("price") + 1),
        lambda: change(item, when={"price": 2}, price=3),
        lambda: claim(shelf, when={"open": True}, open=False, count=F("count") + 1),
    ):
        with on_the_wire("p1") as sent:
            act()
        assert [sql.split()[0] for sql in sent] == ["UPDATE"]
    with hearing(), on_the_wire("p1") as sent:
        change(shelf, name="rolls")
    assert [sql.split()[0].rstrip(";") for sql in sent] == ["BEGIN", "UPDATE", "COMMIT"]


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_receiver_may_say_a_delayed_signal_which_is_heard_if_the_change_was_kept(shelf: Shelf) -> None:
    renamed = DelayedSignal("renamed", schema=1)

    def say(row: Shelf, using: str, new: dict[str, Any], **_: Any) -> None:
        renamed.say(at=using, name=new["name"])

    try:
        with hearing(say):
            with pytest.raises(Spoilt), writing(shelf):
                change(shelf, name="never")
                raise Spoilt
            change(shelf, name="rolls")
    finally:
        del signals._signals["renamed"]
    assert [event.payload["name"] for event in Event.objects.using("p1")] == ["rolls"]


def test_claiming_brings_expressions_back_as_well(shelf: Shelf) -> None:
    with query_budget(1):
        assert claim(shelf, when={"open": True}, open=False, count=F("count") + 7)
    assert (shelf.open, shelf.count) == (False, 7)


def test_compare_and_set_tells_what_is_there_instead(shelf: Shelf) -> None:
    change(shelf, when={"name": "bread"}, count=1)
    mine = Shelf.objects.using("p1").get()
    change(shelf, name="rolls")
    with pytest.raises(
        Conflict, match=f"Shelf {shelf.pk} is not as .*'bread'.* says: read it again"
    ) as conflict:
        change(mine, when={"name": "bread"}, count=F("count") + 1)
    assert (conflict.value.current.name, conflict.value.current.count) == ("rolls", 1)
    assert (mine.name, mine.count) == ("bread", 1), "who was refused keeps what she read"


def test_in_an_identity_map_who_was_refused_keeps_what_she_read(bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye", price=1)
    with identity_map():
        mine = Item.objects.of(bakery).get()
        with connections["p1"].cursor() as somebody_else:
            somebody_else.execute("UPDATE items_item SET price = 7")
        with pytest.raises(Conflict) as conflict:
            change(mine, when={"price": 1}, name="oat")
        assert (mine.price, conflict.value.current.price) == (1, 7)
        change(mine, price=F("price") + 1)
        assert Item.objects.of(bakery).get(pk=mine.pk) is mine
        assert mine.price == 8


def test_compare_and_set_of_a_row_that_is_gone(shelf: Shelf) -> None:
    Shelf.objects.using("p1").filter(pk=shelf.pk).delete()
    with pytest.raises(Shelf.DoesNotExist, match="is gone"):
        change(shelf, when={"name": "bread"}, count=1)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pk": 7}, "Shelf.pk is the primary key, which never changes"),
        ({"id": 7}, "Shelf.id is the primary key, which never changes"),
        ({"shop_id": 7}, "Shelf.shop_id says whose the row is"),
        ({"shop": 7}, "Shelf.shop says whose the row is"),
        ({"nmae": "rye"}, "Shelf has no column 'nmae'; it has id, shop, name, count"),
        ({"items": []}, "Shelf.items is no column of Shelf: change the rows at its other end"),
    ],
)
def test_what_is_no_column_to_write_is_refused(shelf: Shelf, columns: dict[str, Any], message: str) -> None:
    before = shelf.__dict__.copy()
    with query_budget(0):
        for act in (lambda: change(shelf, **columns), lambda: claim(shelf, when={}, **columns)):
            with pytest.raises(NotAColumn, match=message):
                act()
    assert shelf.__dict__ == before


def test_the_validators_of_a_field_are_asked(shelf: Shelf) -> None:
    with query_budget(0), pytest.raises(ValidationError) as refusal:
        change(shelf, name="x" * 51, count="many")
    assert set(refusal.value.message_dict) == {"name", "count"}
    assert (shelf.name, shelf.count) == ("bread", 0)


def test_what_was_not_loaded_stays_so(shelf: Shelf) -> None:
    bare = Shelf.objects.using("p1").only("name").get()
    with query_budget(1):
        change(bare, count=F("count") + 1)
    assert bare.get_deferred_fields() == {"shop_id", "open", "changed_at"}
    assert bare.count == 1
    assert Shelf.objects.using("p1").get().changed_at > shelf.changed_at, "auto_now moved all the same"


def test_a_column_with_auto_now_that_is_named_is_written_as_told(shelf: Shelf) -> None:
    long_ago = timezone.now() - timedelta(days=9)
    change(shelf, changed_at=long_ago)
    assert Shelf.objects.using("p1").get().changed_at == shelf.changed_at == long_ago


def test_a_related_row_stays_loaded(bakery: Shop, shelf: Shelf, ann: Person) -> None:
    item = Item.objects.of(bakery).create(name="rye")
    change(item, shelf=shelf, maker=ann)
    with query_budget(0):
        assert (item.shelf, item.maker) == (shelf, ann)
    change(item, shelf_id=None, maker_id=None)
    assert (item.shelf, item.maker) == (None, None)


def test_every_update_that_took_place_is_told_with_old_and_new(shelf: Shelf) -> None:
    with hearing() as heard:
        change(shelf, name="rolls", count=F("count") + 2, old=("name", "count"))
        claim(shelf, when={"open": True}, open=False)
        claim(shelf, when={"open": True}, open=False)
    (first, second) = heard
    assert (first["row"], first["using"]) == (shelf, "p1")
    assert first["old"] == {"name": "bread", "count": 0}
    assert first["new"] == {"changed_at": first["new"]["changed_at"], "name": "rolls", "count": 2}
    assert set(first["changed"]) == {"changed_at", "name", "count"}
    assert (second["old"], second["new"]["open"]) == ({}, False)


def test_an_update_that_nobody_hears_costs_no_transaction_and_no_second_query(shelf: Shelf) -> None:
    with query_budget(1):
        change(shelf, name="rolls", old=("name",))


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_receiver_that_fails_undoes_the_update(shelf: Shelf) -> None:
    def fail(row: Shelf, **_: Any) -> None:
        assert Shelf.objects.using("p1").get().name == row.name == "rolls"
        assert connections["p1"].in_atomic_block
        raise Spoilt

    with hearing(fail), pytest.raises(Spoilt):
        change(shelf, name="rolls")
    assert Shelf.objects.using("p1").get().name == "bread"


def test_of_a_thousand_interleavings_of_two_writers_none_is_lost(shelf: Shelf) -> None:
    def by_name(row: Shelf, column: str, value: Any) -> None:
        change(row, **{column: value})

    assert lost_in(1_000, by_name) == 0


def test_saving_whole_rows_does_lose_some_so_the_test_above_can_fail(shelf: Shelf) -> None:
    def whole(row: Shelf, column: str, value: Any) -> None:
        setattr(row, column, value)
        row.save()

    assert lost_in(50, whole) > 5


def lost_in(rounds: int, write: Callable[[Shelf, str, Any], None]) -> int:
    """How many rounds lose a write: each of two writers reads the row and writes a column, in a drawn order."""
    dice, lost = random.Random(27), 0
    for number in range(rounds):
        told: dict[str, Any] = {"name": f"bread {number}", "count": number}
        held: dict[str, Shelf] = {}
        waiting = [*told, *told]
        dice.shuffle(waiting)
        for column in waiting:
            if column in held:
                write(held[column], column, told[column])
            else:
                held[column] = Shelf.objects.using("p1").get()
        kept = Shelf.objects.using("p1").get()
        lost += {column: getattr(kept, column) for column in told} != told
    return lost


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_writers_of_two_columns_at_once_both_survive(shelf: Shelf) -> None:
    def write(number: int) -> None:
        row = Shelf.objects.using("p1").get()
        for step in range(50):
            change(row, **({"name": f"n{step}"} if number % 2 else {"count": F("count") + 1}))

    together(6, write)
    kept = Shelf.objects.using("p1").get()
    assert (kept.name, kept.count) == ("n49", 150)


@override_settings(HEADROOM={**HEADROOM, "REFUSE_BARE_SAVE": True})
def test_a_bare_save_of_a_row_that_is_there_is_refused_with_the_cure(bakery: Shop, shelf: Shelf) -> None:
    stale = Shelf(pk=shelf.pk, shop_id=bakery.pk)
    for row, options in ((shelf, {}), (shelf, {"force_update": True}), (stale, {})):
        with query_budget(0), pytest.raises(BareSave, match=r"use change\(row, column=value\)"):
            row.save(**options)
    shelf.name = "rolls"
    shelf.save(update_fields=["name"])
    Shelf(shop_id=bakery.pk, name="rye").save()
    Shelf.objects.of(bakery).create(name="oat")
    assert set(Shelf.objects.of(bakery).values_list("name", flat=True)) == {"rolls", "rye", "oat"}


@contextmanager
def hearing(receiver: Callable[..., None] | None = None) -> Iterator[list[dict[str, Any]]]:
    heard: list[dict[str, Any]] = []

    def note(**told: Any) -> None:
        heard.append(told)

    post_update.connect(receiver or note, sender=Shelf)
    try:
        yield heard
    finally:
        post_update.disconnect(receiver or note, sender=Shelf)
