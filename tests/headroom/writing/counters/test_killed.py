"""A buffered counter is exact to the unit, whoever is killed, on whatever line."""

import linecache
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.test import override_settings

from django_headroom.counters import adding, flushing, gathering, journal
from django_headroom.counters.flushing import flush
from django_headroom.counters.kinds import Buffered
from django_headroom.counters.models import Flushed
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Shelf
from tests.headroom.market.processes import ended_by_kill, has_ended, in_a_process
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

COUNTER = Buffered("items.Shelf", "count")
GATHERED = Buffered("items.Shelf", "count", gathered=True)
MODULES = [flushing, gathering, journal, adding, sys.modules[writing.__module__]]
FILES = {module.__file__ for module in MODULES}

# What a flush passes through, and the lines of it that a flush with nothing in its way does not come to.
OF_A_FLUSH = [
    *(
        flush.__wrapped__,
        flushing._take_in,
        flushing._take_in_at,
        gathering.write_down,
        gathering.buffer_folder,
    ),
    *(journal.turn.__wrapped__, journal.move_aside, journal._live.__wrapped__, journal._is, journal.moved),
    *(journal.remove, journal.sums, adding.add_in_order),
]
NOT_COME_TO = {
    "return 0",  # nobody counts here; somebody else flushes; the database knows the file
    *("except (LookupError, FieldDoesNotExist):", "continue"),
    'logger.error("%s.%s is counted no more: %s rows are left out.", label, column, len(amounts))',
    *("except BlockingIOError:", "os.close(file)", "yield False", "return"),
    *("except (ValueError, TypeError):", "except FileNotFoundError:", "return False"),
    'logger.warning("A line of %s was left unfinished, and is left out.", file.name)',
    *(
        "put(sums[folder], folder)",
        "del sums[folder]",
        "_keep(amounts, folder)",
    ),  # this process has counted nothing
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(HEADROOM={**HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}):
        yield tmp_path


@pytest.fixture
def died(tmp_path: Path) -> Path:
    """Where processes note the line at which they die."""
    return tmp_path / "died"


@pytest.fixture
def keys(bakery: Shop, butcher: Shop) -> dict[str, int]:
    """A shelf on each partition."""
    return {shop.partition: Shelf.objects.of(shop).create(name="x").pk for shop in (bakery, butcher)}


def test_killed_at_any_line_of_a_flush_nothing_is_lost_or_counted_twice(
    keys: dict[str, int], folder: Path, died: Path
) -> None:
    added, line = 0, 0
    was_killed = True
    while was_killed:
        line += 1
        for alias, key in keys.items():
            COUNTER.add(key, 3, using=alias)
        added += 3
        was_killed = ended_by_kill(in_a_process(lambda line=line: flush_until(line, died)))
        flush()
        assert [Shelf.objects.using(alias).get().count for alias in keys] == [added, added]
    assert not list(folder.glob("*.moved"))
    missed = lines_of(OF_A_FLUSH) - {tuple(place.split(":")) for place in died.read_text().splitlines()}
    assert {linecache.getline(file, int(number)).strip() for file, number in missed} <= NOT_COME_TO


def test_killed_at_any_line_of_adding_only_what_was_not_finished_may_be_missing(
    keys: dict[str, int], died: Path
) -> None:
    added, line, was_killed = 0, 0, True
    while was_killed:
        line += 1
        was_killed = ended_by_kill(in_a_process(lambda line=line: add_until(keys["p1"], line, died)))
        added += 1
    flush()
    counted = Shelf.objects.using("p1").get().count
    assert 1 <= counted <= added
    COUNTER.add(keys["p1"], using="p1")
    flush()
    assert Shelf.objects.using("p1").get().count == counted + 1, "no lock and no half line stays behind"


@pytest.mark.parametrize("counter", [COUNTER, GATHERED], ids=["line by line", "gathered"])
def test_ten_thousand_at_once_are_ten_thousand_while_flushers_are_killed(
    counter: Buffered, keys: dict[str, int]
) -> None:
    def count() -> None:
        for number in range(2_500):
            counter.add(keys["p1"], using="p1")
            if number % 500 == 0:
                time.sleep(0.2)  # some flushes come in between
        gathering.write_down()

    dice, kills = random.Random(10_000), 0
    counting = [in_a_process(count) for _ in range(4)]
    while counting:
        flusher = in_a_process(flush_for_ever)
        time.sleep(dice.uniform(0.01, 0.1))
        os.kill(flusher, signal.SIGKILL)
        kills += ended_by_kill(flusher)
        counting = [pid for pid in counting if not has_ended(pid)]
    assert kills > 1
    flush()
    assert Shelf.objects.using("p1").get().count == 10_000
    assert counter.value(keys["p1"], using="p1") == 10_000


def test_two_flushers_take_turns(keys: dict[str, int]) -> None:
    for _ in range(20):
        COUNTER.add(keys["p1"], using="p1")
        flushers = [in_a_process(flush) for _ in range(3)]
        assert not any(ended_by_kill(pid) for pid in flushers)
    flush()
    assert Shelf.objects.using("p1").get().count == 20
    assert not Flushed.objects.using("p1").exists()


def flush_for_ever() -> None:
    while True:
        flush()


def flush_until(line: int, died: Path) -> None:
    sys.settrace(dying_at(line, died))
    flush()


def add_until(key: int, line: int, died: Path) -> None:
    sys.settrace(dying_at(line, died))
    COUNTER.add(key, using="p1")


def dying_at(last: int, died: Path) -> Callable[..., Any]:
    """A trace that kills the process, as by ``kill -9``, at the n-th line of our files that is run, and notes it."""
    run = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal run
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            run += 1
            if run == last:
                with died.open("a") as places:
                    places.write(f"{frame.f_code.co_filename}:{frame.f_lineno}\n")
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def lines_of(functions: list[Any]) -> set[tuple[str, ...]]:
    """The lines of functions that are run, as file and number; the line of ``def`` is not."""
    codes = [function.__code__ for function in functions]
    return {
        (code.co_filename, str(number))
        for code in codes
        for _, _, number in code.co_lines()
        if number and number > code.co_firstlineno
    }
