"""The directory answers from its copy, hears of changes, and outlives the database it was copied from."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import OperationalError

from django_headroom.partitions import Directory, UnknownTenant, partition_of
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
    directory = Directory(rows.load, most=1)
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
