"""Whatever is done in whatever order, in however many scopes at once: one row is one object, and nothing gets out."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import prefetch_related_objects

from django_headroom.identity import bypassed, identity_map, open_map
from django_headroom.updates import change
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.rows.behind import behind_our_back

pytestmark = pytest.mark.django_db(databases=DATABASES)

COLUMNS = ("name", "price", "state")


class Spoilt(Exception):
    """Something goes wrong in the middle."""


@dataclass
class Model:
    """What should be so of one row: in the database, told to the map, and changed here and not saved."""

    truth: dict[str, Any]
    known: dict[str, Any]
    unsaved: dict[str, Any] = field(default_factory=dict)

    def read(self, *columns: str) -> list[tuple[str, Any, Any]]:
        """The map is told what the database has: gives the conflicts that it must tell of."""
        conflicts = []
        for column in columns:
            theirs = self.truth[column]
            mine = self.unsaved.get(column, self.known[column])
            if column in self.unsaved and theirs not in (self.known[column], mine):
                conflicts.append((column, mine, theirs))
            if mine == theirs:
                self.unsaved.pop(column, None)
            self.known[column] = theirs
        return conflicts

    def set(self, column: str, value: Any) -> None:
        self.unsaved.pop(column, None)
        if value != self.known[column]:
            self.unsaved[column] = value

    def write(self, column: str, value: Any) -> None:
        self.unsaved.pop(column, None)
        self.known[column] = self.truth[column] = value

    @property
    def here(self) -> dict[str, Any]:
        return {**self.known, **self.unsaved}


Found = list[tuple[str, Any, Any]]
Act = Callable[[Item, Model, str, Any], Found | None]


def set_it(row: Item, model: Model, column: str, value: Any) -> None:
    setattr(row, column, value)
    model.set(column, value)


def change_it(row: Item, model: Model, column: str, value: Any) -> None:
    change(row, **{column: value})
    model.write(column, value)


def save_the_column(row: Item, model: Model, column: str, value: Any) -> None:
    setattr(row, column, value)
    row.save(update_fields=[column])
    model.write(column, value)


def save_it_whole(row: Item, model: Model, column: str, value: Any) -> None:
    row.save()
    for each, here in model.here.items():
        model.write(each, here)


def write_behind_our_back(row: Item, model: Model, column: str, value: Any) -> None:
    behind_our_back(row, **{column: value})
    model.truth[column] = value


def write_past_the_object(row: Item, model: Model, column: str, value: Any) -> None:
    Item.objects.using("p1").filter(pk=row.pk).update(**{column: value})
    model.truth[column] = value


def write_through_another_object(row: Item, model: Model, column: str, value: Any) -> Found:
    with bypassed():
        other = Item.objects.using("p1").get(pk=row.pk)
    assert other is not row
    change(other, **{column: value})
    model.truth[column] = value
    return model.read(column)


def refresh_it(row: Item, model: Model, column: str, value: Any) -> None:
    row.refresh_from_db()
    model.unsaved.clear()
    model.read(*COLUMNS)


def undo_a_change(row: Item, model: Model, column: str, value: Any) -> None:
    with contextlib.suppress(Spoilt), transaction.atomic(using="p1"):
        change(row, **{column: value})
        raise Spoilt
    model.unsaved.pop(column, None)
    model.read(column)
    assert getattr(row, column) == model.known[column]


ACTS: list[Act] = [
    *(set_it, set_it, change_it, save_the_column, save_it_whole),
    *(write_behind_our_back, write_behind_our_back, write_past_the_object, write_through_another_object),
    *(refresh_it, undo_a_change),
]


def on_its_shelf(rows: Any, pk: int) -> Item:
    shelf = Shelf.objects.using("p1").get()
    prefetch_related_objects([shelf], "items")
    [found] = [item for item in shelf.items.all() if item.pk == pk]
    assert found.shelf is shelf
    return found


WAYS: list[Callable[[Any, int], Item]] = [
    lambda rows, pk: rows.get(pk=pk),
    lambda rows, pk: rows.using("p1").get(id=pk),
    lambda rows, pk: rows.filter(pk=pk).first(),
    lambda rows, pk: rows.select_related("shelf").get(pk=pk),
    lambda rows, pk: rows.prefetch_related("shelf").filter(pk__in=[pk])[0],
    lambda rows, pk: rows.only("name").get(pk=pk),
    lambda rows, pk: rows.select_for_update().get(pk=pk),
    lambda rows, pk: rows.in_bulk([pk])[pk],
    lambda rows, pk: Shelf.objects.using("p1").get().items.get(pk=pk),
    on_its_shelf,
]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_the_one_object_is_as_it_should_be(bakery: Shop, shelf: Shelf, seed: int) -> None:
    """Acts drawn by chance, on four rows, beside a model of what must come of each."""
    dice = random.Random(seed)
    made = [Item.objects.of(bakery).create(name="a", price=0, shelf=shelf) for _ in range(4)]
    models = {row.pk: Model(*({"name": "a", "price": 0, "state": "new"} for _ in range(2))) for row in made}
    rows = Item.objects.of(bakery)
    with identity_map() as opened:
        one = {row.pk: row for row in rows.all()}
        expected: Found = []
        for _ in range(80):
            for _ in range(dice.randint(1, 4)):
                pk, column = dice.choice([*one]), dice.choice(COLUMNS)
                value = dice.randrange(9) if column == "price" else dice.choice("abcd")
                expected += dice.choice(ACTS)(one[pk], models[pk], column, value) or []
            pk = dice.choice([*one])
            assert dice.choice(WAYS)(rows, pk) is one[pk]
            assert all(row is one[row.pk] for row in rows.all())
            for model in models.values():
                expected += model.read(*COLUMNS)
            assert [{name: getattr(one[pk], name) for name in COLUMNS} for pk in models] == [
                model.here for model in models.values()
            ]
            told = [(each.column, each.mine, each.theirs) for each in opened.conflicts]
            assert sorted(told, key=repr) == sorted(expected, key=repr)
        assert expected, "there was something to tell of"
    assert open_map() is None


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_many_threads_at_once_share_nothing(bakery: Shop, shelf: Shelf) -> None:
    pks = [Item.objects.of(bakery).create(name="a", shelf=shelf).pk for _ in range(5)]

    def scopes(number: int) -> list[Item]:
        """The objects of ten scopes, one after the other; all are kept, so that no address comes twice."""
        dice, kept = random.Random(number), []
        for _ in range(10):
            assert open_map() is None
            with identity_map() as opened:
                one = {pk: dice.choice(IN_AUTOCOMMIT)(Item.objects.using("p1"), pk) for pk in pks}
                for _ in range(20):
                    pk = dice.choice(pks)
                    assert dice.choice(IN_AUTOCOMMIT)(Item.objects.using("p1"), pk) is one[pk]
                    change(one[pk], price=number)
                assert opened.conflicts == []
                kept += one.values()
            assert len(opened) == 0
        return kept

    kept = [row for rows in together(6, scopes) for row in rows]
    assert len({id(row) for row in kept}) == len(kept) == 6 * 10 * 5


IN_AUTOCOMMIT = [WAYS[0], *WAYS[2:6], *WAYS[7:]]


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_many_tasks_at_once_share_nothing(bakery: Shop) -> None:
    pks = [Item.objects.of(bakery).create(name="a").pk for _ in range(3)]

    async def scope(number: int) -> list[Item]:
        """It gives way at each question, so that all scopes are open at once."""
        dice = random.Random(number)
        assert open_map() is None
        with identity_map():
            one = {pk: await Item.objects.using("p1").aget(pk=pk) for pk in pks}
            for _ in range(15):
                pk = dice.choice(pks)
                await asyncio.sleep(0)
                rows = Item.objects.using("p1").filter(pk=pk)
                assert await dice.choice([rows.aget, rows.afirst])() is one[pk]
                assert [row is one[pk] async for row in rows.all()] == [True]
        assert open_map() is None
        return [*one.values()]

    async def site() -> list[list[Item]]:
        return await asyncio.gather(*(scope(number) for number in range(20)))

    kept = [row for rows in async_to_sync(site)() for row in rows]
    assert len({id(row) for row in kept}) == len(kept) == 20 * 3
