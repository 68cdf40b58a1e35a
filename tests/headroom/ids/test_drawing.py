"""Ids step: each partition starts at its slot and steps by 1,024, so no two databases give the same one."""

import os

import pytest
from django.db import connections

from django_headroom.ids import STEP, WrongSlot, go_beyond, next_id, stepping, take
from django_headroom.testing import query_budget
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.settings import ON_POSTGRESQL

pytestmark = pytest.mark.django_db(databases=DATABASES)
in_the_open = pytest.mark.django_db(databases=DATABASES, transaction=True)
SLOTS = {"p1": 1, "p2": 2}


def begin_again(alias: str) -> None:
    """As in an empty database; undone with the test's transaction."""
    with connections[alias].cursor() as cursor:
        if ON_POSTGRESQL:
            cursor.execute("ALTER TABLE items_item ALTER COLUMN id RESTART")
        else:
            cursor.execute("DELETE FROM headroom_ids")


@pytest.mark.parametrize(("alias", "slot"), SLOTS.items())
def test_the_first_id_is_the_slot_and_each_next_one_is_1024_further(alias: str, slot: int) -> None:
    shop = Shop.objects.create(name="new", partition=alias)
    begin_again(alias)
    made = [Item.objects.of(shop).create(name="x").pk for _ in range(3)]
    made += [row.pk for row in Item.objects.of(shop).bulk_create(Item(name="x") for _ in range(3))]
    made += take(alias, Item, 2)
    assert made == [slot + STEP * number for number in range(8)]


@pytest.mark.parametrize(("alias", "slot"), SLOTS.items())
@pytest.mark.parametrize("number", [0, 1, 5_000, 1_000_000, 1 << 50])
def test_ids_go_on_beyond_a_number_in_their_own_slot_and_never_back(
    alias: str, slot: int, number: int
) -> None:
    next_id(alias, Item)  # draws a block, which must not be used after
    go_beyond(alias, Item, number)
    first = next_id(alias, Item)
    assert first > number
    assert first % STEP == slot
    go_beyond(alias, Item, 0)
    assert next_id(alias, Item) > first


def test_an_id_that_was_given_is_kept(bakery: Shop) -> None:
    taken = take("p1", Item, 1)[0]
    rows = Item.objects.of(bakery).bulk_create([Item(pk=taken, name="x"), Item(name="y")])
    assert rows[0].pk == taken
    assert rows[1].pk > taken
    assert list(take("p1", Item, 0)) == []


def test_each_table_counts_for_itself(bakery: Shop) -> None:
    begin_again("p1")
    Shelf.objects.of(bakery).create()
    assert take("p1", Item, 1)[0] == 1


@in_the_open
def test_many_threads_never_get_the_same_id_on_two_partitions() -> None:
    def draw(number: int) -> list[int]:
        alias = ("p1", "p2")[number % 2]
        found = [key for _ in range(10) for key in take(alias, Item, 25)]
        found += [next_id(alias, Item) for _ in range(100)]
        assert {key % STEP for key in found} == {SLOTS[alias]}
        return found

    drawn = [key for keys in together(8, draw) for key in keys]
    assert len(drawn) == 8 * 350
    assert len(set(drawn)) == len(drawn)


@in_the_open
def test_rows_written_by_many_threads_all_have_ids_of_their_own(bakery: Shop, butcher: Shop) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            Item.objects.of((bakery, butcher)[number % 2]).create(name="x")

    together(8, write)
    written = [
        *Item.objects.using("p1").values_list("pk", flat=True),
        *Item.objects.using("p2").values_list("pk", flat=True),
    ]
    assert len(set(written)) == 80


@in_the_open
def test_an_id_drawn_in_a_transaction_that_is_undone_is_no_row_s_id_twice(bakery: Shop) -> None:
    with pytest.raises(ZeroDivisionError), writing("p1"):
        lost = Item.objects.of(bakery).create(name="lost").pk
        raise ZeroDivisionError
    kept = [Item.objects.of(bakery).create(name="kept").pk for _ in range(3)]
    assert len(set(kept)) == 3
    assert (lost in kept) is not ON_POSTGRESQL, (
        "SQLite's counter is undone with the row; PostgreSQL leaves a gap"
    )


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_ids_one_by_one_cost_one_round_trip_in_32() -> None:
    stepping._blocks.clear()
    with query_budget(1):
        drawn = [next_id("p1", Item) for _ in range(stepping.BLOCK)]
    assert drawn == list(range(drawn[0], drawn[0] + STEP * stepping.BLOCK, STEP))


def test_of_an_id_drawn_in_a_transaction_sqlite_keeps_no_block(bakery: Shop) -> None:
    stepping._blocks.clear()
    with writing("p1"):
        next_id("p1", Item)
    assert bool(stepping._blocks) is ON_POSTGRESQL


def test_a_forked_process_draws_ids_of_its_own() -> None:
    stepping._blocks[("p1", "drawn_before")] = [1, 2, 3]
    child = os.fork()
    if child == 0:
        os._exit(len(stepping._blocks))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert stepping._blocks.pop(("p1", "drawn_before")) == [1, 2, 3]


def test_a_database_without_a_slot_gives_no_ids() -> None:
    column = Item._meta.pk
    if ON_POSTGRESQL:
        with pytest.raises(WrongSlot, match=r"'people' has no slot: give it one in HEADROOM\['SLOTS'\]"):
            column.db_type_suffix(connections["people"])
        assert "START WITH 2 INCREMENT BY 1024" in column.db_type_suffix(connections["p2"])
    else:
        with pytest.raises(WrongSlot, match="'people' has no slot"):
            take("people", Item, 1)
