"""Each kind of counter adds up; what it promises beyond that differs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.test import override_settings

from django_headroom.counters.flushing import flush
from django_headroom.counters.kinds import Buffered, Drift, Exact, Sharded
from django_headroom.counters.models import Flushed, Slot
from django_headroom.testing import query_budget
from django_headroom.transactions import TransactionHeld, writing
from tests.headroom.market.items.models import Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.settings import HEADROOM, ON_POSTGRESQL

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

KINDS = [
    Exact("items.Shelf", "count"),
    Sharded("items.Shelf", "count", slots=4),
    Buffered("items.Shelf", "count"),
]
ALL = pytest.mark.parametrize("counter", KINDS, ids=["exact", "sharded", "buffered"])
BUFFERED = KINDS[2]


class Spoilt(Exception):
    """Something goes wrong in the middle."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(HEADROOM={**HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}):
        yield tmp_path


def row(shelf: Shelf) -> Shelf:
    return Shelf.objects.using("p1").get(pk=shelf.pk)


@ALL
def test_it_adds_and_takes_away(counter: Exact, shelf: Shelf) -> None:
    counter.add(shelf)
    counter.add(shelf, 5)
    counter.add(shelf, -2)
    counter.add(shelf.pk, 10, using="p1")
    assert counter.value(shelf) == counter.value(shelf.pk, using="p1") == 14
    flush()
    assert counter.value(shelf) == 14


@ALL
def test_many_at_once_lose_nothing(counter: Exact, shelf: Shelf) -> None:
    def count(_: int) -> None:
        for _ in range(25):
            counter.add(shelf.pk, using="p1")

    together(8, count)
    assert counter.value(shelf) == 200


@ALL
def test_rows_in_any_order_never_wait_for_each_other(counter: Exact, bakery: Shop) -> None:
    keys = [Shelf.objects.of(bakery).create(name=str(number)).pk for number in range(20)]

    def count(number: int) -> None:
        for _ in range(10):
            counter.add_many(dict.fromkeys(keys if number % 2 else reversed(keys), 1), using="p1")

    together(6, count)
    flush()
    assert [counter.value(key, using="p1") for key in keys] == [60] * 20


@pytest.mark.parametrize(("counter", "after"), list(zip(KINDS, [0, 0, 1], strict=True)))
def test_only_a_buffered_one_stays_when_a_transaction_is_undone(
    counter: Exact, after: int, shelf: Shelf
) -> None:
    with pytest.raises(Spoilt), writing(shelf):
        counter.add(shelf)
        raise Spoilt
    assert counter.value(shelf) == after


def test_an_object_takes_an_exact_number_over(shelf: Shelf) -> None:
    Shelf.objects.using("p1").update(count=6)
    with query_budget(1):
        Exact("items.Shelf", "count").add(shelf)
    assert shelf.count == 7


def test_a_sharded_one_writes_several_rows(shelf: Shelf) -> None:
    for _ in range(60):
        KINDS[1].add(shelf)
    slots = Slot.objects.using("p1").filter(counter="items.Shelf.count", row=shelf.pk)
    assert 1 < slots.count() <= 4
    assert row(shelf).count == 0
    with query_budget(2):
        assert KINDS[1].value(shelf) == 60


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time")
def test_a_sharded_one_does_not_wait_for_a_transaction_that_counts_the_same(shelf: Shelf) -> None:
    one, other = Sharded("items.Shelf", "count", slots=1), Sharded("items.Shelf", "count", slots=64)

    def count_without_waiting(_: int) -> None:
        with transaction.atomic(using="p1"):
            with connections["p1"].cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            other._add_to_slots([(shelf.pk, 63, 1)], "p1")

    with writing(shelf):
        one.add(shelf)
        together(1, count_without_waiting)
    assert other.value(shelf) == 2


def test_a_buffered_one_costs_no_query_until_it_is_flushed(shelf: Shelf, folder: Path) -> None:
    with query_budget(0):
        for _ in range(5):
            BUFFERED.add(shelf)
    assert row(shelf).count == 0
    with query_budget(4):  # the name of the file: looked for, written, deleted; one UPDATE
        assert flush() == 1
    assert row(shelf).count == 5
    assert {file.name for file in folder.iterdir()} == {"turn"}
    assert not Flushed.objects.using("p1").exists()
    with query_budget(0):
        assert flush() == 0


def test_a_row_that_is_gone_is_passed_over(bakery: Shop, shelf: Shelf) -> None:
    other = Shelf.objects.of(bakery).create(name="rye")
    BUFFERED.add(shelf)
    BUFFERED.add(other)
    Shelf.objects.using("p1").filter(pk=shelf.pk).delete()
    flush()
    assert (BUFFERED.value(other), BUFFERED.value(shelf)) == (1, 0)


def test_one_file_serves_several_databases(bakery: Shop, butcher: Shop) -> None:
    shelves = [Shelf.objects.of(shop).create(name="x") for shop in (bakery, butcher)]
    for shelf in shelves:
        BUFFERED.add(shelf, 3)
    Buffered("shops.Shop", "visits").add(bakery.pk)
    assert flush() == 3
    assert [Shelf.objects.using(alias).get().count for alias in ("p1", "p2")] == [3, 3]
    assert Shop.objects.get(pk=bakery.pk).visits == 1


@pytest.mark.parametrize("named", ["", "a file"])
def test_where_no_file_can_be_written_the_row_is_changed_at_once(
    shelf: Shelf, folder: Path, named: str
) -> None:
    (folder / "a file").touch()
    told = str(folder / named) if named else ""
    with override_settings(HEADROOM={**HEADROOM, "COUNTERS_FOLDER": told}):
        BUFFERED.add(shelf, 3)
        assert row(shelf).count == 3
        if not named:
            assert flush() == 0
            assert BUFFERED.value(shelf) == 3


def test_what_a_killed_process_left_unfinished_spoils_nothing(
    shelf: Shelf, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    BUFFERED.add(shelf)
    with (folder / "live").open("ab") as live:
        live.write(b'\n["p1", "items.She')
    BUFFERED.add(shelf)
    flush()
    assert row(shelf).count == 2
    assert "left unfinished" in caplog.text


def test_a_counter_that_is_no_more_holds_up_nobody(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    Buffered("items.Shelf", "weight").add(shelf)
    Buffered("items.Barrel", "count").add(3, using="p1")
    BUFFERED.add(shelf)
    flush()
    assert row(shelf).count == 1
    assert "items.Barrel.count is counted no more" in caplog.text


def test_flushing_inside_a_transaction_is_refused(shelf: Shelf) -> None:
    with (
        writing(shelf),
        pytest.raises(TransactionHeld, match="Flushing counters inside a transaction on 'p1'"),
    ):
        flush()


def test_a_key_of_a_partitioned_model_needs_its_database(shelf: Shelf) -> None:
    for counter in KINDS:
        with pytest.raises(ValueError, match=r"name one, as in add\(7, using='p1'\)"):
            counter.add(7)
        with pytest.raises(ValueError, match="create it first"):
            counter.add(Shelf(pk=1))


# --- Counting again ------------------------------------------------------------------------------------------


def items_on(alias: str, keys: Sequence[int]) -> dict[int, int]:
    """A truth to count: here, what the name of a shelf says."""
    named = Shelf.objects.using(alias).filter(pk__in=keys).values_list("pk", "name")
    return {pk: int(name) for pk, name in named if name.isdecimal()}


@ALL
def test_counting_again_finds_what_is_wrong_and_repairs_it(
    counter: Exact, bakery: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    right, low, high, unknown = (
        Shelf.objects.of(bakery).create(name=name) for name in ("2", "5", "1", "nothing")
    )
    for shelf, by in ((right, 2), (low, 4), (high, 9), (unknown, 3)):
        counter.add(shelf, by)
    keys = [shelf.pk for shelf in (right, low, high, unknown)]
    drifts = counter.recount([*keys, 999], truth=items_on, using="p1")
    assert drifts == [Drift(low.pk, 4, 5), Drift(high.pk, 9, 1), Drift(unknown.pk, 3, 0)]
    assert f"items.Shelf.count of {low.pk} was 4 and is 5" in caplog.text
    flush()
    assert [counter.value(key, using="p1") for key in keys] == [2, 5, 1, 0]
    assert counter.recount(keys, truth=items_on, using="p1") == []


@pytest.mark.parametrize("counter", KINDS[:2], ids=["exact", "sharded"])
def test_what_is_counted_meanwhile_is_counted_once(counter: Exact, bakery: Shop) -> None:
    """Ten write a row and count it in one transaction, while somebody counts again and again."""
    shelf = Shelf.objects.of(bakery).create(name="busy")

    def others(alias: str, keys: Sequence[int]) -> dict[int, int]:
        return {shelf.pk: Shelf.objects.using(alias).exclude(pk=shelf.pk).count()}

    def act(number: int) -> list[Drift]:
        if number == 0:
            return [
                drift for _ in range(15) for drift in counter.recount([shelf.pk], truth=others, using="p1")
            ]
        for _ in range(10):
            with writing("p1"):
                Shelf.objects.of(bakery).create(name="new")
                counter.add(shelf.pk, using="p1")
        return []

    assert together(6, act) == [[]] * 6, "there was no drift to be seen at any moment"
    assert counter.value(shelf) == 50
