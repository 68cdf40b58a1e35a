"""A gathered counter waits in its process for a moment; a kill takes what waits with it, and nothing else does."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import override_settings

from django_headroom.counters import gathering, journal
from django_headroom.counters.flushing import flush
from django_headroom.counters.kinds import Buffered
from django_headroom.testing import query_budget
from tests.headroom.market.items.models import Shelf
from tests.headroom.market.processes import ended_by_kill, in_a_process
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

COUNTER = Buffered("items.Shelf", "count", gathered=True)
LONG, SHORT = 60.0, 0.05


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with counting_to(tmp_path, LONG):
        yield tmp_path
        if gathering._waiting.clock is not None:
            gathering._waiting.clock.cancel()
            gathering._waiting.clock = None


def counting_to(folder: object, seconds: float) -> override_settings:
    told = {"COUNTERS_FOLDER": str(folder), "COUNTERS_GATHER_SECONDS": seconds}
    return override_settings(HEADROOM={**HEADROOM, **told})


def lines(folder: Path) -> int:
    live = folder / journal.LIVE
    return sum(bool(line) for line in live.read_bytes().splitlines()) if live.exists() else 0


def until_written(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while not lines(folder):
        assert time.monotonic() < deadline, "the clock has not rung"
        time.sleep(0.01)


def test_many_increments_of_a_moment_are_one_line(shelf: Shelf, folder: Path) -> None:
    with query_budget(0):
        for _ in range(1_000):
            COUNTER.add(shelf)
        assert lines(folder) == 0
        gathering.write_down()
    assert lines(folder) == 1
    flush()
    assert Shelf.objects.using("p1").get().count == 1_000


def test_the_clock_rings_by_itself_and_once(shelf: Shelf, folder: Path) -> None:
    with counting_to(folder, SHORT):
        COUNTER.add(shelf, 3)
        until_written(folder)
        assert gathering._waiting.clock is None, "while nothing is counted nothing runs"
        COUNTER.add(shelf, 4)
        while lines(folder) < 2:
            time.sleep(0.01)
    assert COUNTER.value(shelf) == 7


def test_who_asks_here_is_told_what_waits_here(shelf: Shelf) -> None:
    COUNTER.add(shelf)
    assert COUNTER.value(shelf) == 1
    COUNTER.add(shelf)
    assert COUNTER.recount([shelf.pk], truth=lambda alias, keys: {shelf.pk: 2}, using="p1") == []


def test_threads_lose_nothing(shelf: Shelf, folder: Path) -> None:
    def count(_: int) -> None:
        for _ in range(500):
            COUNTER.add(shelf.pk, using="p1")

    with counting_to(folder, 0.001):
        together(8, count)
        assert COUNTER.value(shelf) == 4_000
        flush()
    assert Shelf.objects.using("p1").get().count == 4_000


def test_a_kill_takes_what_waits_and_no_more(shelf: Shelf, folder: Path) -> None:
    def count_and_die() -> None:
        COUNTER.add(shelf.pk, 5, using="p1")
        gathering.write_down()
        COUNTER.add(shelf.pk, 7, using="p1")
        os.kill(os.getpid(), signal.SIGKILL)

    assert ended_by_kill(in_a_process(count_and_die))
    assert COUNTER.value(shelf) == 5


def test_a_forked_process_does_not_count_again_what_its_parent_has_gathered(shelf: Shelf) -> None:
    COUNTER.add(shelf, 5)

    def child() -> None:
        COUNTER.add(shelf.pk, 1, using="p1")
        gathering.write_down()

    for _ in range(3):
        assert not ended_by_kill(in_a_process(child))
    assert COUNTER.value(shelf) == 8


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "1 / 0"], ids=["at its end", "told so", "by a fault"])
def test_a_process_that_ends_takes_nothing_with_it(folder: Path, ending: str) -> None:
    script = f"""
        import sys, django
        django.setup()
        from django.test import override_settings
        from tests.headroom.writing.counters.test_gathered import COUNTER, counting_to
        counting_to({str(folder)!r}, {SHORT}).enable()
        COUNTER.add(7, 4, using="p1")
        {ending}
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.headroom.settings"}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    subprocess.run(command, env=environment, check=False, capture_output=True)
    assert journal.sums([folder / journal.LIVE]).total() == 4


def test_what_nothing_takes_at_the_end_is_told_in_a_line(folder: Path) -> None:
    """Neither a file, for its folder is none, nor the database, which has no such table."""
    (folder / "a file").touch()
    script = f"""
        import django
        django.setup()
        from tests.headroom.writing.counters.test_gathered import COUNTER, counting_to
        counting_to({str(folder / "a file")!r}, {LONG}).enable()
        COUNTER.add(7, 4, using="p1")
        from django_headroom.counters.gathering import _waiting
        _waiting.clock.cancel()
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.headroom.settings"}
    command = [sys.executable, "-c", textwrap.dedent(script)]
    ended = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert ended.returncode == 0
    assert "What was counted last is lost" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_servers_worker_that_ends_takes_nothing_with_it(folder: Path) -> None:
    """Its threads are daemons, and ``multiprocessing`` ends it without asking ``atexit``."""

    def serve() -> None:
        counting = threading.Thread(target=COUNTER.add, args=(7, 4), kwargs={"using": "p1"}, daemon=True)
        counting.start()
        counting.join()

    with counting_to(folder, SHORT):
        worker = multiprocessing.get_context("fork").Process(target=serve)
        worker.start()
        worker.join()
    assert worker.exitcode == 0
    assert journal.sums([folder / journal.LIVE]).total() == 4


def test_where_no_file_can_be_written_the_clock_changes_the_row(shelf: Shelf, folder: Path) -> None:
    (folder / "a file").touch()
    with counting_to(folder / "a file", SHORT):
        COUNTER.add(shelf, 3)
        COUNTER.add(shelf, 4)
        deadline = time.monotonic() + 30
        while Shelf.objects.using("p1").get().count != 7:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_what_neither_a_file_nor_a_database_takes_waits_on(
    shelf: Shelf, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a file").touch()
    with counting_to(folder / "a file", SHORT):
        with monkeypatch.context() as broken:
            broken.setattr(gathering, "add_in_order", _out_of_reach)
            COUNTER.add(shelf, 3)
            deadline = time.monotonic() + 30
            while "What was counted waits" not in caplog.text:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        COUNTER.add(shelf, 4)
        while Shelf.objects.using("p1").get().count != 7:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def _out_of_reach(*_: object, **__: object) -> None:
    raise OperationalError("the server is gone")
