"""A walk by key brings each row once, whatever is written meanwhile, and goes on from its token."""

import itertools
import time
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections, models
from django.db.models import F
from django.test.utils import isolate_apps

from django_headroom.skinny import (
    WalkRefused,
    copies_near,
    range_iter,
)
from django_headroom.testing import queries_counted, query_budget
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.rows.behind import names

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_a_walk_brings_every_row_in_the_order_of_its_key(loaves: Any, butcher: Shop) -> None:
    Item.objects.of(butcher).create(name="ham")
    rows = Item.objects.of(loaves[0].shop_id)
    with queries_counted() as spent:
        assert names(range_iter(rows, step=5)) == [f"loaf {n:02}" for n in range(12)]
    statements = spent.by_alias["p1"]
    assert len(statements) == 3
    assert not any("OFFSET" in sql.upper() or "DECLARE" in sql.upper() for sql in statements)
    assert names(range_iter(rows, step=12)) == names(reversed([*range_iter(rows, step=5, reverse=True)]))


def test_a_walk_begins_and_ends_where_it_is_told(loaves: Any) -> None:
    rows = loaves.order_by()
    keys = [row.pk for row in range_iter(rows)]
    assert [row.pk for row in range_iter(rows, start_after=keys[2], until=keys[5])] == keys[3:6]
    back = range_iter(rows, start_after=keys[5], until=keys[2], reverse=True, step=2)
    assert [row.pk for row in back] == keys[4:1:-1]
    assert list(range_iter(rows, start_after=keys[-1])) == []


@pytest.mark.parametrize("key", ["pk", "id", ("price", "id"), ("name", "pk")])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_walk_goes_on_from_its_token(loaves: Any, key: Any, reverse: bool) -> None:
    Item.objects.using("p1").filter(price__gt=3, price__lt=8).update(price=5, name="same")
    rows = loaves.order_by()
    whole = [row.pk for row in range_iter(rows, key=key, step=3, reverse=reverse)]
    assert sorted(whole) == sorted(row.pk for row in rows.all())
    for taken in range(13):
        walk = range_iter(rows, key=key, step=3, reverse=reverse)
        assert walk.token is None
        begun = [row.pk for row in itertools.islice(walk, taken)]
        token = walk.token
        rest = range_iter(rows, key=key, step=4, reverse=reverse, start_after=token)
        assert rest.token == token
        assert begun + [row.pk for row in rest] == whole


def test_a_token_keeps_moments_to_the_microsecond(bakery: Shop) -> None:
    for n in range(3):
        Shelf.objects.of(bakery).create(name=str(n))
    rows = Shelf.objects.of(bakery)
    walk = range_iter(rows, key=("changed_at", "id"))
    begun = next(walk)
    assert names([begun, *range_iter(rows, key=("changed_at", "id"), start_after=walk.token)]) == [
        "0",
        "1",
        "2",
    ]


def test_rows_may_be_deleted_as_they_come(loaves: Any) -> None:
    walk = range_iter(loaves.order_by(), step=4)
    for row in walk:
        row.delete()
        assert walk.token is not None
    assert not loaves.exists()


def test_a_walk_pauses_between_steps_and_attaches_in_each(loaves: Any) -> None:
    paused: list[int] = []
    with query_budget(6):
        rows = range_iter(loaves.order_by(), step=5, attaching=["maker"], pause=lambda: paused.append(1))
        assert [row.maker.name for row in rows] == ["Ann"] * 12
    assert len(paused) == 2


@isolate_apps("tests.headroom.market.items")
def test_a_walk_by_a_primary_key_of_two_columns(loaves: Any) -> None:
    class Placed(models.Model):
        """Items by shelf, under a key of two columns."""

        pk = models.CompositePrimaryKey("shelf_id", "id")
        shelf_id = models.BigIntegerField()
        id = models.BigIntegerField()
        name = models.CharField(max_length=50)

        class Meta:
            app_label = "items"
            db_table = "items_item"

    shelves = [Shelf.objects.of(loaves[0].shop_id).create(name=name) for name in "ab"]
    for row in loaves.all():
        Item.objects.using("p1").filter(pk=row.pk).update(shelf=shelves[row.price % 2])
    rows = Placed.objects.using("p1")
    expected = [f"loaf {n:02}" for n in (*range(0, 12, 2), *range(1, 12, 2))]
    for step in (1, 5, 12):
        assert names(range_iter(rows, step=step)) == expected
        assert names(range_iter(rows, step=step, reverse=True)) == expected[::-1]
    walk = range_iter(rows, step=4)
    begun = names(itertools.islice(walk, 8))
    assert begun + names(range_iter(rows, start_after=walk.token)) == expected


def test_related_rows_are_prefetched_step_by_step(loaves: Any, shelf: Shelf) -> None:
    loaves.order_by().update(shelf=shelf)
    with queries_counted() as spent:
        walk = range_iter(loaves.order_by().prefetch_related("shelf"), step=5)
        assert {row.shelf.name for row in walk} == {"bread"}
    assert spent.count == 6, "two for each of three steps"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (lambda rows: rows.order_by("name"), "has an order of its own: leave order_by"),
        (lambda rows: rows.order_by()[:5], "is sliced: say start_after and until"),
        (lambda rows: rows.order_by().union(rows.order_by()), "is a union of others: walk each by itself"),
        (lambda rows: rows.order_by().values("name"), "gives values"),
    ],
)
def test_what_cannot_be_walked_by_key_is_refused_with_the_cure(loaves: Any, rows: Any, reason: str) -> None:
    with query_budget(0), pytest.raises(WalkRefused, match=f"queryset of Item cannot be walked.*{reason}"):
        range_iter(rows(loaves))


def test_a_key_that_could_leave_rows_out_is_refused(loaves: Any) -> None:
    rows = loaves.order_by()
    with pytest.raises(
        WalkRefused, match=r"name is not unique.*add the primary key, as key=\('name', 'id'\)"
    ):
        range_iter(rows, key="name")
    with pytest.raises(WalkRefused, match=r"Item\.maker may be null"):
        range_iter(rows, key=("maker", "id"))
    with pytest.raises(WalkRefused, match="step=0 is no number of rows"):
        range_iter(rows, step=0)
    for place in ("loaf", "[1, 2]", (1, 2), "3"):
        with pytest.raises(WalkRefused, match="is no place in a walk by id: give a token"):
            range_iter(rows, start_after=place)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_row_that_is_there_all_the_time_comes_once_whatever_is_written(bakery: Shop, reverse: bool) -> None:
    """Writers insert, delete and change beside the walk; the rows that they leave alone come once each."""
    Item.objects.of(bakery).bulk_create([Item(name="kept" if n % 3 else "passing") for n in range(300)])
    kept = set(Item.objects.of(bakery).filter(name="kept").values_list("pk", flat=True))
    over, stepped = Event(), Event()

    def write(number: int) -> None:
        try:
            rows = Item.objects.using("p1")
            while not over.is_set():
                Item.objects.of(bakery).bulk_create([Item(name="new") for _ in range(5)])
                rows.filter(
                    pk__in=list(rows.exclude(name="kept").values_list("pk", flat=True)[number::9])
                ).delete()
                rows.filter(name="kept").update(price=F("price") + 1)
                stepped.set()
        finally:
            connections.close_all()

    writers = [Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()

    def let_them_write() -> None:
        stepped.clear()
        assert stepped.wait(30)

    try:
        last = kept and max(Item.objects.using("p1").values_list("pk", flat=True))
        limits = {} if reverse else {"until": last}
        walk = range_iter(Item.objects.of(bakery), step=20, reverse=reverse, pause=let_them_write, **limits)
        seen = [row.pk for row in walk]
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert len(seen) == len(set(seen)), "no row comes twice"
    assert kept <= set(seen), "and none that stayed is left out"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_walk_waits_for_replicas_but_not_for_ever(loaves: Any, monkeypatch: Any) -> None:
    """The mirror that stands for a replica here is never near."""
    waits: list[float] = []
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: (waits.append(seconds), sleep(seconds)))
    copies_near("p2")()
    assert not waits, "it has no replicas"
    copies_near("p1", patience=0.1)()
    assert waits
    assert len(list(range_iter(loaves.order_by(), step=5, pause=copies_near("p1", patience=0.1)))) == 12
