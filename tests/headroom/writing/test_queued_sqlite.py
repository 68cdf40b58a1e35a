"""Writers of one SQLite file take turns: none is told "database is locked", and none waits for the dead."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction

from django_headroom.connections.queued_sqlite import turns
from django_headroom.connections.queued_sqlite.base import only_reads
from django_headroom.connections.queued_sqlite.turns import Turns
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import together

ROOT = Path(__file__).resolve().parents[3]
PROCESSES, THREADS, WRITES = 4, 8, 40


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "notes.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE note (writer text, number integer)")
    connection.close()
    return file


def start(file: Path, *words: object, patience: float = 60) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.headroom.market.writers", str(file), *map(str, words)]
    told = {**os.environ, "PATIENCE": str(patience)}
    return subprocess.Popen(
        command, cwd=ROOT, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_in_line(file: Path, *words: object) -> "subprocess.Popen[str]":
    """A process that stands in the queue."""
    queue = Turns(str(file))
    process = start(file, *words)
    while process.poll() is None and not queue._is_awaited():
        time.sleep(0.02)
    queue.close()
    return process


@pytest.fixture
def holder(file: Path) -> "Iterator[subprocess.Popen[str]]":
    """A process in the middle of a transaction, which it will not end."""
    process = start(file, "hold")
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    yield process
    process.kill()
    process.communicate()


def written(file: Path) -> int:
    connection = sqlite3.connect(file)
    (count,) = connection.execute("SELECT count(DISTINCT writer || '/' || number) FROM note").fetchone()
    connection.close()
    return int(count)


def test_32_writers_in_four_processes_never_see_a_locked_database(file: Path) -> None:
    processes = [start(file, "write", THREADS, WRITES) for _ in range(PROCESSES)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert "locked" not in errors
        assert process.returncode == 0, errors
    assert written(file) == PROCESSES * THREADS * WRITES


def test_a_writer_waits_for_its_turn_and_a_killed_holder_lets_it_go_on(
    file: Path, holder: "subprocess.Popen[str]"
) -> None:
    waiting = start(file, "write", 1, 1)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.communicate(timeout=2)
    holder.send_signal(signal.SIGKILL)
    _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, errors
    assert written(file) == 1, "what the killed one had begun is not there"


def test_who_waits_behind_a_stopped_writer_is_told_so_in_time(
    file: Path, holder: "subprocess.Popen[str]"
) -> None:
    holder.send_signal(signal.SIGSTOP)
    waiting = [start(file, "write", THREADS, 1, patience=0.5) for _ in range(2)]
    for process in waiting:
        _, errors = process.communicate(timeout=20)
        assert "OperationalError: No turn to write to" in errors
        assert f"{file} came in 0.5 seconds" in errors
    assert written(file) == 0


def test_a_stopped_one_in_the_queue_holds_up_nobody_behind_her(
    file: Path, holder: "subprocess.Popen[str]"
) -> None:
    first = wait_in_line(file, "write", 1, 1)
    first.send_signal(signal.SIGSTOP)
    second = start(file, "write", 1, 2)
    holder.send_signal(signal.SIGKILL)
    _, errors = second.communicate(timeout=20)
    assert second.returncode == 0, errors
    assert written(file) == 2
    first.send_signal(signal.SIGCONT)
    _, errors = first.communicate(timeout=20)
    assert first.returncode == 0, errors
    assert written(file) == 3


def test_readers_do_not_wait(file: Path, holder: "subprocess.Popen[str]") -> None:
    reader = start(file, "read")
    output, errors = reader.communicate(timeout=20)
    assert (output, reader.returncode) == ("0\n", 0), errors


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1", True),
        ("  with some AS (SELECT 1) SELECT * FROM some", True),
        ("WITH updated AS (SELECT updated_at FROM item) SELECT * FROM updated", True),
        ("WITH some AS (SELECT 1)\ninsert INTO item SELECT * FROM some", False),
        ("WITH some AS (SELECT 1) UPDATE item SET price = 1", False),
        ("REPLACE INTO item VALUES (1)", False),
        ("WITHDRAW", False),
    ],
)
def test_a_statement_that_begins_by_with_writes_only_if_it_says_so(sql: str, reads: bool) -> None:
    assert only_reads(sql) is reads


@pytest.mark.django_db(databases=["default", "p1"], transaction=True)
def test_a_turn_ends_with_its_write_or_transaction(bakery: Shop) -> None:
    def busy() -> bool:
        return connections["p1"]._turn is not None

    Item.objects.of(bakery).create(name="rye")
    assert not busy()
    with transaction.atomic(using="p1"):
        assert busy()
        with pytest.raises(ZeroDivisionError), transaction.atomic(using="p1"):
            Item.objects.of(bakery).update(price=1)
            raise ZeroDivisionError
        assert busy(), "a savepoint that is undone is not the end"
    assert not busy()
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="p1"):
        raise ZeroDivisionError
    assert not busy()
    with pytest.raises(OperationalError), connections["p1"].cursor() as cursor:
        cursor.execute("INSERT INTO no_such_table VALUES (1)")
    assert not busy()
    transaction.set_autocommit(False, using="p1")
    Item.objects.of(bakery).update(price=2)
    assert busy()
    transaction.rollback(using="p1")
    transaction.set_autocommit(True, using="p1")
    assert not busy()
    assert Item.objects.of(bakery).get().price == 0


@pytest.mark.django_db(databases=["default", "p1"], transaction=True)
def test_a_connection_that_is_closed_gives_its_turn_away(bakery: Shop) -> None:
    def leave(_: int) -> None:
        connection = connections["p1"]
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE items_item SET price = 1")
        connection.close()

    together(2, leave)
    Item.objects.of(bakery).create(name="rye")


@pytest.mark.django_db(databases=["default", "p1", "p1_replica"], transaction=True)
def test_who_would_wait_for_herself_is_told_so(bakery: Shop) -> None:
    """Two aliases of one file in one thread: SQLite would say "locked" after a while, a queue would say nothing."""
    with (
        transaction.atomic(using="p1"),
        pytest.raises(OperationalError, match=r"this thread is writing to .* through another alias"),
        transaction.atomic(using="p1_replica"),
    ):
        raise AssertionError("both have their turn")


@pytest.mark.parametrize("in_order", [turns.IN_ORDER, False])
@pytest.mark.django_db(databases=["default", "p1"], transaction=True)
def test_threads_of_one_process_take_turns_too(
    bakery: Shop, monkeypatch: pytest.MonkeyPatch, in_order: bool
) -> None:
    def raise_price(_: int) -> None:
        for _ in range(10):
            with transaction.atomic(using="p1"):
                item: Any = Item.objects.of(bakery).get()
                item.price += 1  # read and written back: right only if nobody comes between
                item.save()

    monkeypatch.setattr(turns, "IN_ORDER", in_order)
    Item.objects.of(bakery).create(name="rye")
    together(8, raise_price)
    assert Item.objects.of(bakery).get().price == 80


@pytest.mark.django_db(databases=["default", "p1"])
def test_statements_and_moments_mean_what_they_do_to_django(bakery: Shop) -> None:
    if connections["p1"].vendor != "sqlite":
        pytest.skip("it is of files")
    with connections["p1"].cursor() as cursor:
        for _ in range(2):  # the second time it is remembered
            assert cursor.execute("SELECT %s, '100%%', '%%s'", ["rye"]).fetchone() == ("rye", "100%", "%s")
            assert cursor.execute("SELECT %(what)s", {"what": "rye"}).fetchone() == ("rye",)
    for moment in (datetime(2008, 2, 29, 12, 0, 0, 7, tzinfo=UTC), None):
        read = connections["p1"].ops.convert_datetimefield_value(
            moment and moment.replace(tzinfo=None), None, connections["p1"]
        )
        assert read == moment
