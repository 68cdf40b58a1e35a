"""Every write is seen after its commit, whoever was reading meanwhile, and none that is rolled back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import F

from django_headroom import ids
from django_headroom.testing import assertQueryCount
from django_headroom.updates import change, claim, insert, step
from django_headroom.updates.chains import Chain
from tests.headroom.market.items.models import Loaf, Shelf
from tests.headroom.market.people.models import Baker
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together

pytestmark = [
    pytest.mark.django_db(databases=DATABASES, transaction=True),
    pytest.mark.usefixtures("kept"),
]


WRITES: dict[str, Callable[[Loaf], Any]] = {
    "save": lambda loaf: setattr(loaf, "price", 5) or loaf.save(update_fields=["price"]),
    "change": lambda loaf: change(loaf, price=5),
    "change by an expression": lambda loaf: change(loaf, price=F("price") + 5),
    "claim": lambda loaf: claim(loaf, when={"price": 0}, price=5),
    "step": lambda loaf: step(loaf, price=5),
    "update": lambda loaf: Loaf.objects.of(loaf.shop_id).filter(name=loaf.name).update(price=5),
    "bulk_update": lambda loaf: setattr(loaf, "price", 5) or Loaf.objects.bulk_update([loaf], ["price"]),
    "update_or_create": lambda loaf: Loaf.objects.of(loaf.shop_id).update_or_create(
        {"price": 5}, name=loaf.name
    ),
    "chain": lambda loaf: Chain("p1", head=loaf, when={}, by={"price": 5}).run(),
    "SQL": lambda loaf: by_hand(loaf),
}


def by_hand(loaf: Loaf) -> None:
    with connections["p1"].cursor() as cursor:
        cursor.execute("UPDATE items_loaf SET price = 5 WHERE id = %s", [loaf.pk])
    Loaf.rows.forget([loaf.pk], using="p1")


def test_every_write_is_seen_after_its_commit(bakery: Shop) -> None:
    for name, write in WRITES.items():
        loaf = Loaf.objects.of(bakery).create(name=name)
        assert Loaf.rows.get(loaf.pk).price == 0
        write(loaf)
        assert Loaf.rows.get(loaf.pk).price == 5, name
        with assertQueryCount(0):
            assert Loaf.rows.get(loaf.pk).price == 5, name


def test_a_write_that_is_rolled_back_changes_nothing(bakery: Shop) -> None:
    for name, write in WRITES.items():
        loaf = Loaf.objects.of(bakery).create(name=name)
        assert Loaf.rows.get(loaf.pk).price == 0
        with pytest.raises(ZeroDivisionError), transaction.atomic(using="p1"):
            write(loaf)
            assert Loaf.rows.get(loaf.pk).price == 5, "inside, she sees what she wrote"
            raise ZeroDivisionError
        with assertQueryCount(0):
            assert Loaf.rows.get(loaf.pk).price == 0, name


def test_a_row_that_was_deleted_is_gone(loaves: list[Loaf]) -> None:
    keys = [loaf.pk for loaf in loaves]
    Loaf.rows.get_many(keys)
    loaves[0].delete()
    Loaf.objects.of(loaves[1].shop_id).filter(pk=keys[1]).delete()
    assert list(Loaf.rows.get_many(keys)) == keys[2:]


def chained(loaf: Loaf, shelf: Shelf) -> None:
    chain = Chain("p1", head=shelf, when={}, by={"count": 1})
    chain.insert(loaf)
    chain.run()


BIRTHS: dict[str, Callable[[Loaf, Shelf], Any]] = {
    "bulk_create": lambda loaf, _: Loaf.objects.bulk_create([loaf]),
    "insert": lambda loaf, _: insert(loaf, using="p1"),
    "save": lambda loaf, _: loaf.save(force_insert=True),
    "chain": chained,
}


def test_a_row_that_is_born_is_seen_though_it_was_known_not_to_be_there(shelf: Shelf, bakery: Shop) -> None:
    for name, bear in BIRTHS.items():
        loaf = Loaf(pk=ids.next_id("p1", Loaf), shop_id=bakery.pk, name=name)
        assert Loaf.rows.get(loaf.pk) is None
        bear(loaf, shelf)
        assert Loaf.rows.get(loaf.pk).name == name


def test_a_row_that_comes_after_all_is_seen_at_once(bo: Baker) -> None:
    assert Baker.rows.get(bo.pk + 1) is None
    assert Baker.objects.create(name="Cy").pk == bo.pk + 1
    assert Baker.rows.get(bo.pk + 1).name == "Cy"


@contextmanager
def meanwhile(alias: str, act: Callable[[], Any]) -> Iterator[None]:
    """After the first SELECT of a block has been answered, somebody else acts, before it goes on."""
    told = [act]

    def ask(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if sql.startswith("SELECT") and told:
            other = told.pop()
            together(1, lambda _: other())
        return done

    with connections[alias].execute_wrapper(ask):
        yield


def test_who_has_read_before_a_write_keeps_nothing_after_it(bo: Baker) -> None:
    with meanwhile("people", lambda: change(Baker.objects.get(pk=bo.pk), name="Bob")):
        assert Baker.rows.get(bo.pk).name == "Bo", "that is what she has read"
    assert Baker.rows.get(bo.pk).name == "Bob"


def test_nor_does_who_has_seen_that_there_was_nothing(bo: Baker) -> None:
    with meanwhile("people", lambda: Baker.objects.create(name="Cy")):
        assert Baker.rows.get(bo.pk + 1) is None
    assert Baker.rows.get(bo.pk + 1).name == "Cy"


def test_who_was_paused_for_so_long_that_a_mark_may_have_come_and_gone_keeps_nothing(
    bo: Baker, settings: Any
) -> None:
    no_lag = {"REPLICA_LAG_SECONDS": 0, "REPLICA_CHECK_SECONDS": 0, "REPLICA_ANSWER_SECONDS": 0}
    settings.HEADROOM = {**settings.HEADROOM, **no_lag, "REPLICA_POSITION_SECONDS": 0.1}
    with meanwhile("people", lambda: time.sleep(0.06)):
        Baker.rows.get(bo.pk)
    with assertQueryCount(1):
        Baker.rows.get(bo.pk)
