"""A buffered counter is exact to the unit, whoever is killed, on whatever line."""

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
from django.db import connections
from django.test import override_settings

from django_headroom.counters import adding, flushing, journal
from django_headroom.counters.flushing import flush
from django_headroom.counters.kinds import Buffered
from django_headroom.counters.models import Flushed
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

COUNTER = Buffered("items.Shelf", "count")
FILES = {flushing.__file__, journal.__file__, adding.__file__, sys.modules[writing.__module__].__file__}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(HEADROOM={**HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}):
        yield tmp_path


@pytest.fixture
def keys(bakery: Shop, butcher: Shop) -> dict[str, int]:
    """A shelf on each partition."""
    return {shop.partition: Shelf.objects.of(shop).create(name="x").pk for shop in (bakery, butcher)}


def test_killed_at_any_line_of_a_flush_nothing_is_lost_or_counted_twice(
    keys: dict[str, int], folder: Path
) -> None:
    added, line, kills = 0, 0, 0
    was_killed = True
    while was_killed:
        line += 1
        for alias, key in keys.items():
            COUNTER.add(key, 3, using=alias)
        added += 3
        was_killed = ended_by_kill(in_a_process(lambda line=line: flush_until(line)))
        kills += was_killed
        flush()
        assert [Shelf.objects.using(alias).get().count for alias in keys] == [added, added]
    assert kills > 60, "each of its lines was a place to die at"
    assert not list(folder.glob("*.moved"))


def test_killed_at_any_line_of_adding_only_what_was_not_finished_may_be_missing(keys: dict[str, int]) -> None:
    added, line, was_killed = 0, 0, True
    while was_killed:
        line += 1
        was_killed = ended_by_kill(in_a_process(lambda line=line: add_until(keys["p1"], line)))
        added += 1
    flush()
    counted = Shelf.objects.using("p1").get().count
    assert 1 <= counted <= added
    COUNTER.add(keys["p1"], using="p1")
    flush()
    assert Shelf.objects.using("p1").get().count == counted + 1, "no lock and no half line stays behind"


def test_ten_thousand_at_once_are_ten_thousand_while_flushers_are_killed(keys: dict[str, int]) -> None:
    def count() -> None:
        for _ in range(2_500):
            COUNTER.add(keys["p1"], using="p1")

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
    assert COUNTER.value(keys["p1"], using="p1") == 10_000


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


def flush_until(line: int) -> None:
    sys.settrace(dying_at(line))
    flush()


def add_until(key: int, line: int) -> None:
    sys.settrace(dying_at(line))
    COUNTER.add(key, using="p1")


def dying_at(last: int) -> Callable[..., Any]:
    """A trace that kills the process, as by ``kill -9``, at the n-th line of our files that is run."""
    run = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal run
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            run += 1
            if run == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def in_a_process(act: Callable[[], object]) -> int:
    """Begin a process of its own, with connections of its own."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    return pid


def ended_by_kill(pid: int) -> bool:
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def has_ended(pid: int) -> bool:
    found, status = os.waitpid(pid, os.WNOHANG)
    assert status == 0
    return found == pid
