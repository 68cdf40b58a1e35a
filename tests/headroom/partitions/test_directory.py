"""The directory answers from its copy, hears of changes, and outlives the database it was copied from."""

import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from django_headroom.partitions import (
    Directory,
    KnownFromFile,
    LastKnown,
    UnknownTenant,
    partition_of,
    partition_to_write,
)
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together


@dataclass
class Place:
    """A tenant as a directory row has it."""

    pk: int
    partition: str
    epoch: int = 1


class Rows:
    """A directory table that counts how often it is read, and can be out of reach."""

    def __init__(self) -> None:
        self.rows = {7: Place(7, "p1"), 8: Place(8, "p2")}
        self.asked: list[Any] = []
        self.version, self.reached = 1, True

    def load(self, tenant_id: int) -> Place | None:
        return self._answer(tenant_id, self.rows.get(tenant_id))

    def ask_version(self) -> int:
        return int(self._answer("version", self.version))

    def _answer(self, asked: Any, answer: Any) -> Any:
        self.asked.append(asked)
        if not self.reached:
            raise OperationalError("the server is gone")
        return answer


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr("django_headroom.partitions.directory.time.monotonic", lambda: now[0])
    return now


def test_a_tenant_is_read_once_until_its_copy_is_old(rows: Rows, clock: list[float]) -> None:
    directory = Directory(rows.load, seconds=5)
    assert [directory(7), directory(7), directory(8)] == ["p1", "p1", "p2"]
    assert rows.asked == [7, 8]
    clock[0] += 6
    rows.rows[7] = Place(7, "p2", epoch=2)
    assert [directory(7), directory(7)] == ["p2", "p2"]
    assert rows.asked == [7, 8, 7]


def test_an_unknown_tenant_is_refused_with_the_cure(rows: Rows) -> None:
    with pytest.raises(UnknownTenant, match=r"no tenant 9: check the id, or save the tenant before its rows"):
        Directory(rows.load)(9)


def test_a_move_that_is_told_is_seen_at_once(rows: Rows) -> None:
    directory = Directory(rows.load)
    assert directory(7) == "p1"
    rows.rows[7] = Place(7, "p2", epoch=2)
    directory.told(7, 2)
    assert directory(7) == "p2"
    directory.told(7, 2)
    assert (directory(7), rows.asked) == ("p2", [7, 7])


def test_what_was_read_before_a_move_is_not_kept_after_it(rows: Rows) -> None:
    directory = Directory(rows.load)
    directory.told(7, 2)
    assert directory.keep(Place(7, "p1", epoch=1)).partition == "p1"
    rows.rows[7] = Place(7, "p2", epoch=2)
    assert directory(7) == "p2"


def test_with_a_version_tenants_are_read_again_only_when_it_has_risen(rows: Rows, clock: list[float]) -> None:
    directory = Directory(rows.load, seconds=5, version=rows.ask_version)
    for _ in range(3):
        directory(7), directory(8)
        clock[0] += 6
    assert rows.asked == ["version", 7, 8, "version", "version"]
    rows.version, rows.rows[7] = 2, Place(7, "p2", epoch=2)
    assert directory(7) == "p2"
    assert rows.asked[5:] == ["version", 7]


@pytest.fixture
def last_known(tmp_path: Path) -> LastKnown:
    return LastKnown(tmp_path / "known", release="1")


def test_a_process_that_starts_while_the_directory_is_out_of_reach_knows_what_another_knew(
    rows: Rows, last_known: LastKnown
) -> None:
    Directory(rows.load, last_known=last_known).tenant(7)
    last_known.write_down()
    rows.reached = False
    directory = Directory(rows.load, last_known=LastKnown(last_known.path, release="1"))
    assert (directory(7), directory(7), rows.asked) == ("p1", "p1", [7, 7])
    with pytest.raises(OperationalError):
        directory(8)


def test_who_is_known_from_a_file_is_read_and_not_written_to(
    rows: Rows, last_known: LastKnown, clock: list[float]
) -> None:
    Directory(rows.load, last_known=last_known).tenant(7)
    rows.reached = False
    directory = Directory(rows.load, last_known=last_known)
    assert partition_of(directory.tenant(7)) == "p1"
    with pytest.raises(KnownFromFile, match="The directory is out of reach"), writing(directory.tenant(7)):
        pytest.fail("never entered")
    rows.reached = True
    clock[0] += 6
    assert partition_to_write(directory.tenant(7)) == "p1"


def test_who_has_moved_since_is_not_known_from_a_file(rows: Rows, last_known: LastKnown) -> None:
    Directory(rows.load, last_known=last_known).tenant(7)
    rows.reached = False
    directory = Directory(rows.load, last_known=last_known)
    directory.told(7, 2)
    with pytest.raises(OperationalError):
        directory(7)


@pytest.mark.parametrize(("release", "seconds"), [("2", 60.0), ("1", -1.0)])
def test_what_is_old_or_of_another_release_is_not_believed(
    release: str, seconds: float, last_known: LastKnown
) -> None:
    last_known.note(7, "p1")
    assert last_known.find(7) == "p1"
    assert LastKnown(last_known.path, release=release, seconds=seconds).find(7) is None


def test_what_has_not_changed_is_not_written_again(
    last_known: LastKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, opened = [1_000_000.0], []
    monkeypatch.setattr("django_headroom.partitions.lasting.time.time", lambda: now[0])
    connect = sqlite3.connect
    monkeypatch.setattr(
        "django_headroom.partitions.lasting.sqlite3.connect",
        lambda *told, **more: opened.append(told) or connect(*told, **more),
    )
    for thing, later in (("p1", 0), ("p1", 3599), ("p2", 0), ("p2", 3601)):
        now[0] += later
        last_known.note(7, thing)
        last_known.write_down()
    assert len(opened) == 3
    assert last_known.path.stat().st_mode & 0o777 == 0o600


def test_nobody_waits_for_the_file_and_what_comes_together_is_written_together(
    last_known: LastKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_by, connect = list[int](), sqlite3.connect
    monkeypatch.setattr(
        "django_headroom.partitions.lasting.sqlite3.connect",
        lambda *told, **more: written_by.append(threading.get_ident()) or connect(*told, **more),
    )
    for number in range(20):
        last_known.note(number, number)
    until = time.monotonic() + 60
    other = LastKnown(last_known.path, release="1")
    while other.find(19) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert [other.find(number) for number in range(20)] == [*range(20)]
    by_others = [each for each in written_by if each != threading.get_ident()]
    assert len(by_others) == 1


def test_a_file_that_cannot_be_written_or_read_harms_nobody(
    rows: Rows, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken").write_text("no database, but long enough to be looked at as one")
    for path in (tmp_path / "nowhere" / "known", tmp_path, tmp_path / "broken"):
        last_known = LastKnown(path, release="1")
        assert Directory(rows.load, last_known=last_known)(7) == "p1"
        last_known.write_down()
        assert f"cannot be kept in {path}" in caplog.text
        assert last_known.find(7) is None


def test_many_processes_share_one_file(last_known: LastKnown) -> None:
    def note_and_find(number: int) -> bool:
        mine = LastKnown(last_known.path, release="1")
        mine.note(number, number)
        return bool(mine.find(number) == number)

    assert together(8, note_and_find) == [True] * 8


@pytest.mark.parametrize("has_version", [False, True])
def test_the_last_copy_is_used_while_the_directory_is_out_of_reach(
    has_version: bool, rows: Rows, clock: list[float]
) -> None:
    directory = Directory(rows.load, seconds=5, version=rows.ask_version if has_version else None)
    directory(7)
    rows.reached = False
    for _ in range(3):
        clock[0] += 6
        assert directory(7) == "p1"
    with pytest.raises(OperationalError):
        directory(8)
    rows.reached = True
    clock[0] += 6
    assert directory(8) == "p2"


def test_no_more_tenants_are_kept_than_said(rows: Rows) -> None:
    directory = Directory(rows.load)
    directory.most = 1
    assert [directory(7), directory(8), directory(7)] == ["p1", "p2", "p1"]
    assert rows.asked == [7, 8, 7]


def test_many_threads_get_one_answer(rows: Rows) -> None:
    directory = Directory(rows.load)
    assert set(together(8, lambda number: directory(7))) == {"p1"}


market_directory = Directory(lambda shop_id: Shop.objects.filter(pk=shop_id).first())


@pytest.mark.django_db(databases=DATABASES)
def test_a_directory_can_be_named_in_the_settings(settings: Any, butcher: Shop) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "DIRECTORY": f"{__name__}.market_directory"}
    market_directory.forget()
    assert partition_of(butcher.pk) == "p2"
    assert Item.objects.create(shop_id=butcher.pk, name="ham")._state.db == "p2"
    with pytest.raises(UnknownTenant):
        Item.objects.filter(shop_id=butcher.pk + 1)
