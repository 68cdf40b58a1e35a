"""Slots tell what is old: over processes, when two share one, and when a writer is killed in the middle."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_headroom.caching import slots as module
from django_headroom.caching.slots import COUNT, Slots, slot_of, slots

RAISER = """
import sys
from pathlib import Path
from django_headroom.caching.slots import Slots, slot_of
table, numbers = Slots(Path(sys.argv[1])), []
print("ready", flush=True)
for turn in range(int(sys.argv[2])):
    table.raise_slots(slot_of("item", turn % 7))
print("done", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "slots"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    slots.cache_clear()


def begin(path: Path, turns: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", RAISER, str(path), str(turns)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_what_was_read_before_a_change_is_old_and_what_is_read_after_is_fresh(path: Path) -> None:
    table, bread = Slots(path), slot_of("item", 1)
    seen = table.last()
    assert table.is_fresh(seen, bread)
    table.raise_slots(bread)
    assert not table.is_fresh(seen, bread)
    assert table.is_fresh(table.last(), bread)


def test_a_change_of_another_thing_makes_nothing_old(path: Path) -> None:
    table, seen = Slots(path), Slots(path).last()
    table.raise_slots(slot_of("item", 2))
    assert table.is_fresh(seen, slot_of("item", 1))


def test_two_things_in_one_slot_make_each_other_old_and_never_hide_a_change(path: Path) -> None:
    table, first = Slots(path), slot_of("item", 1)
    other = next(key for key in range(2, 20 * COUNT) if slot_of("item", key) == first)
    made_of_first = table.last()
    table.raise_slots(first)  # the first has changed,
    made_of_other = table.last()
    table.raise_slots(slot_of("item", other))  # and the other after it
    assert not table.is_fresh(made_of_first, first)
    assert not table.is_fresh(made_of_other, slot_of("item", other))
    assert table.is_fresh(table.last(), first)


def test_every_process_sees_a_change_at_once(path: Path) -> None:
    table, seen = Slots(path), Slots(path).last()
    process = begin(path, 7)
    assert process.wait(30) == 0
    assert not any(table.is_fresh(seen, slot_of("item", key)) for key in range(7))


def test_four_processes_never_give_one_number_twice_or_go_back(path: Path) -> None:
    table = Slots(path)
    processes = [begin(path, 20_000) for _ in range(4)]
    before, kept = 0, [0] * 7
    while any(process.poll() is None for process in processes):
        now = [table.words[slot_of("item", key)] for key in range(7)]
        assert all(later >= earlier for later, earlier in zip(now, kept, strict=True))
        assert table.last() >= max(before, *now)
        before, kept = table.last(), now
    assert [process.wait() for process in processes] == [0] * 4


def test_the_numbers_of_several_raises_differ(path: Path) -> None:
    given: set[int] = set()
    table = Slots(path)

    def raise_some() -> None:
        for _ in range(500):
            table.raise_slots(slot_of("item", threading.get_ident()))
            given.add(table.words[slot_of("item", threading.get_ident())])

    threads = [threading.Thread(target=raise_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 4 * 500


def test_a_writer_that_is_killed_keeps_nobody(path: Path) -> None:
    table = Slots(path)
    for _ in range(5):
        process = begin(path, 100_000_000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = table.last()
        table.raise_slots(slot_of("item", 8))
        assert not table.is_fresh(seen, slot_of("item", 8))


def test_a_child_by_fork_waits_for_its_turn_as_anybody(path: Path) -> None:
    table = Slots(path)
    pid = os.fork()
    if pid == 0:
        table.raise_slots(slot_of("item", 1))
        os._exit(0)
    table.raise_slots(slot_of("item", 2))
    assert os.waitpid(pid, 0)[1] == 0
    assert table.words[slot_of("item", 1)] != table.words[slot_of("item", 2)]


def test_numbers_rise_though_the_clock_goes_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, bread = Slots(path), slot_of("item", 1)
    table.raise_slots(bread)
    seen = table.last()
    monkeypatch.setattr(module.time, "time_ns", lambda: 1)
    table.raise_slots(bread)
    assert not table.is_fresh(seen, bread)


def test_everything_can_be_made_old_at_once(path: Path) -> None:
    table, seen = Slots(path), Slots(path).last()
    table.raise_everything()
    assert not table.is_fresh(seen)
    assert not table.is_fresh(seen, slot_of("item", 1))


def test_what_was_raised_a_moment_ago_is_told_from_what_was_long_ago(path: Path) -> None:
    table, bread = Slots(path), slot_of("item", 1)
    assert not table.lately(bread, 60)
    table.raise_slots(bread)
    assert table.lately(bread, 60)
    table.words[bread] -= 61 * 10**9
    assert not table.lately(bread, 60)


def test_the_file_belongs_to_one_user(path: Path) -> None:
    Slots(path)
    assert path.stat().st_mode & 0o777 == 0o600
    if os.geteuid() == 0:
        os.chown(path, 1234, 1234)
        with pytest.raises(PermissionError, match="somebody else's"):
            Slots(path)


def test_a_link_in_the_place_of_the_file_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Slots(path)


def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path) -> None:
    with (
        override_settings(HEADROOM={"FRESHNESS_FILE": str(tmp_path / "absent" / "slots")}),
        pytest.raises(ImproperlyConfigured, match=r"FRESHNESS_FILE.* cannot be used"),
    ):
        slots()


def test_without_a_file_a_process_has_a_table_of_its_own() -> None:
    assert slots() is slots()
    seen = slots().last()
    slots().raise_slots(slot_of("item", 1))
    assert not slots().is_fresh(seen, slot_of("item", 1))
