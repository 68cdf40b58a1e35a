"""No id twice: 64 sessions at once, a restore from a real backup, a real promotion."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from django_headroom.ids import (
    STEP,
    NoTimeline,
    check_slots,
    epoch,
    next_id,
    skip_ahead,
    skip_ahead_if_promoted,
    take,
)
from django_headroom.ids.stepping import forget_blocks
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.replica import Replica, running_replica
from tests.headroom.settings import ON_POSTGRESQL, SERVER
from tests.servers import create_database

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
only_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has no replicas")
ROOT = Path(__file__).resolve().parents[3]
PROCESSES, THREADS, ROUNDS = 4, 16, 12


def test_64_sessions_in_four_processes_on_two_partitions_never_draw_the_same_id() -> None:
    names = [f"{alias}={connections[alias].settings_dict['NAME']}" for alias in ("p1", "p2")]
    command = [sys.executable, "-m", "tests.headroom.market.drawers", str(THREADS), str(ROUNDS), *names]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    drawn = [int(key) for process in processes for key in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    assert len(drawn) == PROCESSES * THREADS * ROUNDS * 100
    assert len(set(drawn)) == len(drawn)
    assert {key % STEP for key in drawn} == {1, 2}


@contextmanager
def standing_for_p1(**place: Any) -> Iterator[None]:
    """Another database under the alias."""
    before = dict(connections.settings["p1"])
    connections["p1"].close()
    connections.settings["p1"].update(place)
    try:
        yield
    finally:
        connections["p1"].close()
        connections.settings["p1"].update(before)
        forget_blocks("p1")  # a process has one database under an alias, and this one had two


@pytest.fixture
def backed_up(tmp_path: Path) -> Iterator[Callable[[], dict[str, Any]]]:
    """Copies p1 as a backup does; the function that is given restores it, and says where."""
    if not ON_POSTGRESQL:
        copy = tmp_path / "p1.sqlite3"
        with connections["p1"].cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])
        yield lambda: {"NAME": str(copy)}
        return
    file, name = tmp_path / "p1.dump", f"restored_{os.getpid()}"
    database = f"{SERVER}/{connections['p1'].settings_dict['NAME']}"
    subprocess.run([program("pg_dump"), "--format=custom", f"--file={file}", database], check=True)

    def restore() -> dict[str, Any]:
        url = create_database(SERVER, name)
        subprocess.run([program("pg_restore"), f"--dbname={url}", str(file)], check=True)
        return {"NAME": name}

    yield restore
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def program(name: str) -> str:
    return shutil.which(name) or str(next(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))


def drawn_after_the_copy() -> set[int]:
    """Ids that the copy knows nothing of: many at once, and from the block that this process keeps."""
    return {*take("p1", Item, 300), *(next_id("p1", Item) for _ in range(50))}


def test_after_a_restore_ids_go_on_beyond_the_gap_in_a_new_epoch(
    backed_up: Callable[[], dict[str, Any]],
) -> None:
    lost, old = drawn_after_the_copy(), epoch("p1")
    with standing_for_p1(**backed_up()):
        assert lost & set(take("p1", Item, 100)), "this is the danger"
        assert skip_ahead("p1", gap=2_000) == old + 1
        fresh = {*take("p1", Item, 300), *(next_id("p1", Item) for _ in range(50))}
        assert not lost & fresh
        assert {key % STEP for key in fresh} == {1}
        assert min(take("p1", Shelf, 1)) > 2_000 * STEP, "also of a table that had no rows yet"
        check_slots()
    assert epoch("p1") == old


def test_rows_that_were_copied_without_their_counter_are_left_behind_too() -> None:
    far = 1 + STEP * 1_000_000
    Item._base_manager.using("p1").bulk_create([Item(pk=far, shop_id=7, name="copied")])
    skip_ahead("p1", gap=10)
    assert min(take("p1", Item, 5)) > far


def test_a_gap_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="The gap is 0: name more ids than"):
        skip_ahead("p1", gap=0)


@pytest.fixture
def promoted() -> Iterator[Replica]:
    """A replica of the server that takes over when it is told to, and had been cut off from it before."""
    with running_replica(SERVER) as replica:
        yield replica


def cut_off(replica: Replica) -> None:
    wait_for_all_of_the_log(replica)
    replica.say("ALTER SYSTEM SET primary_conninfo = ''")
    replica.say("SELECT pg_reload_conf()")
    wait(lambda: not replica.say("SELECT pid FROM pg_stat_wal_receiver"))


@only_postgresql
def test_after_a_promotion_no_id_is_given_again(promoted: Replica) -> None:
    """A sequence is logged 32 values ahead: what the replica has of the log repeats nothing, what it lacks would."""
    replicated, old = set(take("p1", Item, 40)), epoch("p1")
    cut_off(promoted)
    lost = drawn_after_the_copy()
    promoted.promote()
    with standing_for_p1(HOST="127.0.0.1", PORT=promoted.port):
        repeated = set(take("p1", Item, 100))
        assert not repeated & replicated
        assert repeated & lost, "this is the danger"
        assert skip_ahead("p1", gap=2_000) == old + 1
        fresh = {*take("p1", Item, 300), *(next_id("p1", Item) for _ in range(50))}
        assert not fresh & (lost | replicated | repeated)
        check_slots()


@only_postgresql
def test_64_sessions_that_draw_through_a_promotion_never_draw_the_same_id(promoted: Replica) -> None:
    """Each asks for the skip before it draws, as nobody knows who comes first; one of them does it."""
    old = epoch("p1")
    before = [key for drawn in together(64, lambda _: take("p1", Item, 50)) for key in drawn]
    cut_off(promoted)
    before += [
        key for drawn in together(64, lambda _: [next_id("p1", Item) for _ in range(50)]) for key in drawn
    ]
    assert skip_ahead_if_promoted("p1", gap=20_000) is None, "as long as nobody has taken over"
    promoted.promote()
    with standing_for_p1(HOST="127.0.0.1", PORT=promoted.port):

        def drawing(_: int) -> tuple[int | None, list[int]]:
            begun = skip_ahead_if_promoted("p1", gap=20_000)
            return begun, [*take("p1", Item, 50), *(next_id("p1", Item) for _ in range(50))]

        told = together(64, drawing)
        assert [begun for begun, _ in told if begun] == [old + 1]
        assert skip_ahead_if_promoted("p1") is None
    after = [key for _, drawn in told for key in drawn]
    assert len(before) == len(after) == 64 * 100
    assert len({*before, *after}) == 64 * 200


def test_a_database_that_knows_no_timeline_names_the_operation_that_writes_it() -> None:
    with connections["p2"].cursor() as cursor:
        cursor.execute("ALTER TABLE headroom_slot RENAME COLUMN timeline TO of_old")
    try:
        with pytest.raises(NoTimeline, match=r"'p2' has no timeline written in it: put WriteTimeline\(\)"):
            skip_ahead_if_promoted("p2")
        assert skip_ahead("p2", gap=10) == epoch("p2")
    finally:
        with connections["p2"].cursor() as cursor:
            cursor.execute("ALTER TABLE headroom_slot RENAME COLUMN of_old TO timeline")


def wait_for_all_of_the_log(replica: Replica) -> None:
    with connections["p1"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn()::text")
        (written,) = cursor.fetchone()
    wait(lambda: replica.say(f"SELECT 1 WHERE pg_last_wal_replay_lsn() >= '{written}'"))


def wait(until: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)
