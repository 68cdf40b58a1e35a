"""The embedded store: one file of a machine, whoever is killed, however much is put, whatever lies in its place."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from django_headroom.caching import ABSENT
from django_headroom.caching.embedded import Embedded
from tests.headroom.caching.nodes import until
from tests.headroom.market.processes import ended_by_kill, in_a_process

MEGABYTES = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def begin(folder: Path) -> Iterator[Callable[[], Embedded]]:
    begun = []

    def begin() -> Embedded:
        begun.append(Embedded(folder, most_bytes=4 * MEGABYTES, seconds=0.5))
        return begun[-1]

    yield begin
    for store in begun:
        store.close()


def size(folder: Path) -> int:
    return (folder / "cache-1.sqlite3").stat().st_size


def signed(number: int) -> bytes:
    body = b"%d " % number * 3_000
    return sha256(body).digest() + body


def test_processes_see_what_others_have_put_at_once(begin: Callable[[], Embedded]) -> None:
    store, other = begin(), begin()
    store.put("page", b"one", seconds=60)
    assert not ended_by_kill(in_a_process(lambda: store.put("page", b"two", seconds=60)))
    assert other.get("page").value == b"two"  # type: ignore[union-attr]


def test_of_many_who_put_where_nothing_is_one_does(begin: Callable[[], Embedded], tmp_path: Path) -> None:
    store = begin()
    store.get("page")

    def puts() -> None:
        won = [
            key
            for key in map(str, range(50))
            if store.put(key, b"%d" % os.getpid(), seconds=60, token=ABSENT)
        ]
        (tmp_path / f"{os.getpid()}.won").write_text(" ".join(won))

    children = [in_a_process(puts) for _ in range(4)]
    assert [ended_by_kill(child) for child in children] == [False] * 4
    won = " ".join(path.read_text() for path in tmp_path.glob("*.won")).split()
    assert sorted(won, key=int) == list(map(str, range(50)))


def test_no_increment_is_lost_between_threads_and_processes(begin: Callable[[], Embedded]) -> None:
    store = begin()
    store.put("count", b"0", seconds=60)

    def add_one(_: object = None) -> None:
        while True:
            held = store.get("count")
            if held and store.put("count", b"%d" % (int(held.value) + 1), seconds=60, token=held.token):
                return

    def add_many() -> None:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(add_one, range(50)))

    children = [in_a_process(add_many) for _ in range(2)]
    add_many()
    assert [ended_by_kill(child) for child in children] == [False] * 2
    assert store.get("count").value == b"150"  # type: ignore[union-attr]


def test_a_writer_that_is_killed_leaves_whole_values_and_no_lock(begin: Callable[[], Embedded]) -> None:
    store = begin()

    def puts_for_ever() -> None:
        number = 0
        while True:
            number += 1
            store.put_many({f"page:{each}": signed(number) for each in range(20)}, seconds=60)

    for _ in range(10):
        store.drop("page:7")
        child = in_a_process(puts_for_ever)
        until(lambda: store.get("page:7"))
        os.kill(child, signal.SIGKILL)
        assert ended_by_kill(child)
        found = store.get_many([f"page:{each}" for each in range(20)])
        assert len({held.value for held in found.values()}) == 1, "all of one writing, or none"
        assert all(sha256(held.value[32:]).digest() == held.value[:32] for held in found.values())
        assert store.put("mine", b"one", seconds=60)
    assert store.tally.all() == {}


def test_a_writer_that_is_stopped_keeps_one_call_waiting_and_no_reader(
    folder: Path, begin: Callable[[], Embedded]
) -> None:
    store = begin()
    store.put("page", b"one", seconds=60)
    with sqlite3.connect(folder / "cache-1.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(20):
            assert not store.put(f"page:{number}", b"two", seconds=60)
            assert store.get("page")
        assert begin().get("page"), "nor does who comes only now"
        assert store.tally["late"] == 1
        other.execute("ROLLBACK")
    other.close()
    until(lambda: store.put("page", b"two", seconds=60))


def test_the_file_stays_within_its_bounds(folder: Path, begin: Callable[[], Embedded]) -> None:
    store = begin()
    kept = [store.put(f"page:{number}", os.urandom(20_000), seconds=60) for number in range(1_000)]
    assert all(kept)
    assert size(folder) <= 4 * MEGABYTES
    assert store.get("page:999")
    assert store.tally.all() == {}


def test_what_is_read_stays_while_a_crawler_walks_past(begin: Callable[[], Embedded]) -> None:
    store = begin()
    hot = [f"hot:{number}" for number in range(50)]
    store.put_many(dict.fromkeys(hot, b"x" * 20_000), seconds=600)
    hits = 0
    for number in range(2_000):
        key = f"cold:{number}"
        assert store.get(key) is None
        store.put(key, b"x" * 20_000, seconds=600)
        if store.get(hot[number % 50]):
            hits += 1
        else:
            store.put(hot[number % 50], b"x" * 20_000, seconds=600)
    assert hits / 2_000 >= 0.98


def test_what_does_not_fit_at_all_is_a_miss(folder: Path) -> None:
    store = Embedded(folder, most_bytes=MEGABYTES // 2)
    store.put("small", b"one", seconds=60)
    assert not store.put("page", b"x" * 900_000, seconds=60)
    assert store.put("other", b"two", seconds=60)
    assert store.tally["full"] == 1
    store.close()


@pytest.mark.parametrize("where", [0, 5_000])
def test_a_broken_file_is_begun_anew(folder: Path, begin: Callable[[], Embedded], where: int) -> None:
    store = begin()
    store.put_many({f"page:{number}": b"x" * 900 for number in range(50)}, seconds=60)
    store.close()
    with (folder / "cache-1.sqlite3").open("r+b") as file:
        file.seek(where)
        file.write(b"\xff" * 8_000)
    store = begin()
    until(lambda: store.put("page", b"one", seconds=60))
    until(lambda: store.get_many([f"page:{number}" for number in range(50)]) == {})
    until(lambda: store.put("page", b"one", seconds=60))
    assert store.get("page")


def test_a_file_that_is_no_database_is_begun_anew(folder: Path, begin: Callable[[], Embedded]) -> None:
    folder.mkdir(mode=0o700)
    (folder / "cache-1.sqlite3").write_bytes(b"a shopping list\n" * 500)
    assert begin().put("page", b"one", seconds=60)


def test_a_file_that_an_operator_removes_is_let_go_of_by_all(
    folder: Path, begin: Callable[[], Embedded]
) -> None:
    one, two = begin(), begin()
    for store in (one, two):
        store.put("page", b"old", seconds=60)
    for path in folder.glob("cache-*"):
        path.unlink()
    until(lambda: one.get("page") is None and two.get("page") is None)
    one.put("page", b"new", seconds=60)
    assert two.get("page").value == b"new"  # type: ignore[union-attr]


def test_what_is_no_value_of_ours_is_a_miss_and_counted(folder: Path, begin: Callable[[], Embedded]) -> None:
    store = begin()
    store.put_many({"page": b"one", "list": b"one"}, seconds=60)
    with sqlite3.connect(folder / "cache-1.sqlite3") as other:
        other.execute("UPDATE held SET value = 'text' WHERE key = ?", (b"page",))
        other.execute("UPDATE held SET key = 'other' WHERE key = ?", (b"list",))
    other.close()
    assert store.get_many(["page", "list"]) == {}
    assert store.tally.all() == {"foreign": 2}


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_into_which_others_may_write_is_not_used(
    folder: Path, begin: Callable[[], Embedded], mode: int
) -> None:
    folder.mkdir()
    folder.chmod(mode)
    store = begin()
    assert not store.put("page", b"one", seconds=60)
    assert store.get("page") is None
    assert list(folder.iterdir()) == []


def test_where_no_folder_can_be_made_all_is_a_miss(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Embedded(tmp_path / "file" / "cache")
    assert not store.put("page", b"one", seconds=60)
    store.put_many({"page": b"one"}, seconds=60)
    store.drop("page")
    assert store.get("page") is None


def test_the_folder_is_its_users_alone(folder: Path, begin: Callable[[], Embedded]) -> None:
    begin().put("page", b"one", seconds=60)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_forked_process_leaves_the_others_file_in_order(begin: Callable[[], Embedded]) -> None:
    store = begin()
    store.put("page", b"one", seconds=60)

    def uses_it() -> None:
        assert store.get("page")
        store.put("page", b"two", seconds=60)
        store.close()

    children = [in_a_process(uses_it) for _ in range(5)]
    late_at = time.monotonic() + 1
    while time.monotonic() < late_at and store.get("page"):
        store.put("mine", b"three", seconds=60)
    assert [ended_by_kill(child) for child in children] == [False] * 5
    assert store.get("page").value == b"two"  # type: ignore[union-attr]
    assert store.tally.all() == {}
