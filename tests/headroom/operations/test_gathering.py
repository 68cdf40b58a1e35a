"""A guard judges what all processes have felt together, where each alone has felt too little to say."""

import time
from typing import Any

import pytest
from django.db import connections

from django_headroom.operations.switches import (
    ON,
    Guard,
    Switch,
    declare,
    felt,
    gathering,
    guarding,
    is_on,
    knowing,
)
from django_headroom.operations.switches.gathering import Gathering
from django_headroom.operations.switches.listening import watch
from django_headroom.operations.switches.models import Felt, Turn
from django_headroom.operations.switches.turning import turn, turn_off_once
from tests.headroom.market.processes import in_a_process
from tests.headroom.operations.test_listening import ended_badly
from tests.headroom.operations.waiting import comes_true

pytestmark = pytest.mark.django_db(databases=("default", "p1"), transaction=True)
GUARD = Guard(errors=0.25, least=60)
PROCESSES = 4


@pytest.fixture(autouse=True)
def wings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that no slow machine outlasts."""
    for module in (guarding, gathering):
        monkeypatch.setattr(module, "WINDOW", 3_600.0)
    monkeypatch.setattr(gathering, "TELL_EVERY", 0.0)
    declare(Switch("wings", says="Birds fly.", default=True, unread=True, owner="ann", guard=GUARD))


def feel(well: int = 0, failed: int = 0) -> None:
    for number in range(well + failed):
        try:
            with felt("wings"):
                if number < failed:
                    raise ValueError("crooked")
        except ValueError:
            continue


def another_process(well: int = 0, failed: int = 0) -> None:
    """One that has begun just now, has felt so much, and tells it."""
    guarding.forget()
    feel(well, failed)
    Gathering().gather(connections["default"])


def test_processes_of_which_each_has_felt_too_little_turn_it_off_together_and_once() -> None:
    def work() -> None:
        watch()
        feel(well=10, failed=10)
        assert guarding.sums()["wings"].calls < GUARD.least
        assert comes_true(lambda: not is_on("wings"))
        assert comes_true(lambda: not knowing.tripped()), "each has heard that it is written down"
        assert not is_on("wings")

    workers = [in_a_process(work) for _ in range(PROCESSES)]
    ended = [ended_badly(pid) for pid in workers]  # all of them
    assert ended == [False] * PROCESSES
    (kept,) = Turn.objects.using("default").all()
    assert (kept.switch, kept.by, kept.rule) == ("wings", "guard", {"percent": 0.0})
    assert "failed; 25% may" in kept.why
    assert "processes" in kept.why


def test_what_goes_well_elsewhere_counts_as_well() -> None:
    another_process(failed=20)
    another_process(well=70)
    assert is_on("wings"), "20 of 90 may"
    another_process(failed=5)
    assert not is_on("wings"), "25 of 95 may not"
    assert knowing.tripped()["wings"] == (0, "25 of 95 calls in 3 processes failed; 25% may")


def test_turned_on_again_it_is_judged_by_what_is_felt_from_then_on() -> None:
    for _ in range(PROCESSES):
        another_process(failed=20)
    assert not is_on("wings")
    assert turn_off_once("wings", since=0, by="guard", why="crooked")
    turn("wings", ON, by="ann", why="mended")
    knowing.untrip("wings")
    another_process(failed=20)
    assert is_on("wings")
    for _ in range(2):
        another_process(failed=20)
    assert not is_on("wings")


def test_of_many_who_find_the_same_reason_one_turns_it_off_and_an_operator_goes_before() -> None:
    assert turn_off_once("wings", since=0, by="guard", why="crooked")
    assert not turn_off_once("wings", since=0, by="guard", why="crooked")
    assert not turn_off_once("wings", since=0, by="guard", why="too slow")
    last = turn("wings", ON, by="ann", why="mended")
    assert not turn_off_once("wings", since=1, by="guard", why="crooked")
    assert turn_off_once("wings", since=last.version, by="guard", why="crooked")
    assert [each.by for each in Turn.objects.using("default").order_by("version")] == [
        "guard",
        "ann",
        "guard",
    ]


def test_who_has_felt_nothing_new_writes_nothing_and_what_is_old_is_swept() -> None:
    one = Gathering()
    feel(well=1)
    for _ in range(3):
        one.gather(connections["default"])
    row = Felt.objects.using("default").get()
    told_at, rows = row.told_at, Felt.objects.using("default")
    assert abs(told_at - time.time()) < 600
    one.gather(connections["default"])
    assert rows.get().told_at == told_at
    rows.update(told_at=told_at - gathering.KEPT - 60)
    another_process(well=1)
    assert rows.count() == 1
    assert rows.get().process != row.process


def test_where_no_database_can_be_asked_each_judges_by_itself() -> None:
    feel(failed=60)
    Gathering().gather(None)
    assert not is_on("wings")


def test_it_is_asked_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "TELL_EVERY", 3_600.0)
    one: Any = Gathering()
    for _ in range(5):
        feel(well=1)
        one.gather(connections["default"])
    assert Felt.objects.using("default").get().calls == 1
