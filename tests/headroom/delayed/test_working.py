"""A worker is woken by what is said, and asks besides; what hangs keeps nobody else waiting."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from django_headroom.delayed import signals
from django_headroom.delayed.models import Event, Lane
from django_headroom.delayed.receivers import Told
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.working import looping
from django_headroom.delayed.working.bell import ear_at
from django_headroom.delayed.working.channels import missed_in, one_of
from django_headroom.delayed.working.looping import Board, Worker
from django_headroom.transactions import writing
from tests.headroom.market.threads import DATABASES, until

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def sold() -> Iterator[DelayedSignal]:
    yield DelayedSignal("sold", schema=1)
    signals._signals.pop("sold")


def say(signal: DelayedSignal, alias: str = "p1", **told: Any) -> None:
    with writing(alias):
        signal.say(at=alias, **told)


def nothing_waits() -> bool:
    return not any(Event.objects.using(alias).exists() for alias in ("p1", "p2"))


def test_one_worker_hears_all_databases(sold: DelayedSignal) -> None:
    heard: list[str] = []
    sold.connect(lambda data, event: heard.append(event.outbox), dispatch_uid="a")
    with Worker(["p1", "p2"]):
        for alias in ("p1", "p2"):
            say(sold, alias)
        until(nothing_waits, "not all was heard")
    assert sorted(heard) == ["p1", "p2"]


def test_it_is_woken_without_asking(sold: DelayedSignal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looping, "ASK_EVERY", 3600.0)
    heard: list[int] = []
    sold.connect(lambda data: heard.append(data["number"]), dispatch_uid="a")
    with Worker(["p1"]):
        for number in range(5):
            say(sold, number=number)
            until(lambda number=number: number in heard, "it sleeps on")  # type: ignore[misc]
        until(nothing_waits, "not all was written down")


def test_it_asks_where_nobody_rings(sold: DelayedSignal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf:
        def has_come(self) -> bool:
            return False

        def line(self) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr(looping, "ear_at", lambda alias: Deaf())
    monkeypatch.setattr(looping, "ASK_EVERY", 0.1)
    heard: list[str] = []
    sold.connect(lambda data: heard.append("a"), dispatch_uid="a")
    with Worker(["p1"]):
        say(sold)
        until(nothing_waits, "nobody asked")
    assert heard == ["a"]


def test_a_receiver_that_hangs_keeps_neither_its_lane_nor_the_others(sold: DelayedSignal) -> None:
    let_go = threading.Event()
    heard: list[str] = []
    slow = DelayedSignal("slow", schema=1)
    slow.connect(lambda data: let_go.wait(60), dispatch_uid="hangs")
    sold.connect(lambda data: heard.append("low"), dispatch_uid="low")
    try:
        with Worker(["p1"]):
            say(slow)
            until(lambda: Event.objects.using("p1").exclude(leased_by=None).exists(), "it was not taken up")
            say(sold)
            until(lambda: heard == ["low"], "it waits for the one that hangs")
            until(lambda: Event.objects.using("p1").count() == 1, "it is not written down")
            assert Event.objects.using("p1").get().signal == "slow"
            let_go.set()
            until(nothing_waits, "not all was heard")
    finally:
        let_go.set()
        signals._signals.pop("slow")


def test_what_hangs_in_a_channel_keeps_one_thread_however_much_of_it_there_is(sold: DelayedSignal) -> None:
    let_go = threading.Event()
    begun: list[int] = []
    heard: list[str] = []

    def hang(data: dict[str, int]) -> None:
        begun.append(data["number"])
        let_go.wait(600)

    slow, also_slow = (DelayedSignal(name, schema=1) for name in ("slow", "also_slow"))
    slow.connect(hang, dispatch_uid="hangs", channel="mail")
    also_slow.connect(hang, dispatch_uid="hangs too", channel="webhooks")
    sold.connect(lambda data: heard.append("low"), dispatch_uid="low")
    try:
        for number in range(20):
            say(slow, number=number)
        say(also_slow, number=20)
        with Worker(["p1"]):
            until(lambda: {20} < set(begun), "the channels wait for each other")
            for count in range(1, 4):
                say(sold)
                until(lambda count=count: len(heard) == count, "it waits for those that hang")  # type: ignore[misc]
            assert len(begun) == 2, "one of each channel"
            let_go.set()
            until(nothing_waits, "not all was heard")
        assert sorted(begun) == [*range(21)]
    finally:
        let_go.set()
        for name in ("slow", "also_slow"):
            signals._signals.pop(name)


def test_a_database_that_hangs_keeps_no_other_waiting(
    sold: DelayedSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    hanging: list[str] = []
    heard: list[str] = []

    class Hanging:
        """What listens at a server that does not answer any more."""

        def has_come(self) -> bool:
            hanging.append("p2")
            return let_go.wait(600)

        def line(self) -> None: ...

        def close(self) -> None: ...

    def hear(data: dict[str, Any], event: Told) -> None:
        if event.outbox == "p2":
            let_go.wait(600)
        heard.append(event.outbox)

    monkeypatch.setattr(looping, "ear_at", lambda alias: Hanging() if alias == "p2" else ear_at(alias))
    sold.connect(hear, dispatch_uid="a")
    try:
        with Worker(["p2", "p1"]) as worker:
            until(lambda: hanging, "nobody listens")
            for _thread in range(12):  # more than there are in the lane
                say(sold, "p2")
                worker._board.ring("p2")
            for count in range(1, 4):
                say(sold, "p1")
                until(lambda count=count: heard == ["p1"] * count, "it waits for the other")  # type: ignore[misc]
            let_go.set()
            until(nothing_waits, "not all was heard")
    finally:
        let_go.set()


def test_each_database_has_a_thread_that_the_others_do_not_take() -> None:
    aliases = ["default", "p1", "p2"]
    board = Board(aliases, dict.fromkeys(Lane, 4))
    taken = []
    for _turn in range(2):
        board.ring("default")
        taken.append(board.take(Lane.LOW))
    for alias in ("default", "p1", "p2"):
        board.ring(alias)
    taken += [board.take(Lane.LOW), board.take(Lane.LOW)]
    assert taken == ["default", "default", "p1", "p2"]
    board.leave(Lane.LOW, "p1")
    board.ring("p1")
    assert board.take(Lane.LOW) == "p1", "the thread that is free is not for the one that has two already"


def test_a_database_that_a_lane_has_left_alone_is_looked_at_when_it_has_rested() -> None:
    board = Board(["p1", "p2"], dict.fromkeys(Lane, 2))
    board.ring("p1")
    for lane in (Lane.LOW, Lane.HIGH):
        assert board.take(lane) == "p1"
    board.leave(Lane.LOW, "p1", 600.0)
    board.leave(Lane.HIGH, "p1")
    for alias in ("p1", "p2"):
        board.ring(alias)
    assert [board.take(Lane.LOW), board.take(Lane.HIGH)] == ["p2", "p1"], "each lane rests by itself"
    board.leave(Lane.LOW, "p2", 0.001)
    board.ring("p2")
    assert board.take(Lane.LOW) == "p2", "nobody rings at the end of a rest"


def test_where_a_channel_was_held_somebody_looks_again() -> None:
    with one_of(Lane.LOW, ["mail"], "p1") as held:
        assert held == "mail"
        with one_of(Lane.LOW, ["mail"], "p2") as nothing:
            assert nothing is None
    assert (missed_in(Lane.HIGH), missed_in(Lane.LOW), missed_in(Lane.LOW)) == (set(), {"p2"}, set())


def test_what_is_said_while_the_worker_lies_down_rings_or_keeps_it_awake(sold: DelayedSignal) -> None:
    """Whoever is about to commit shares the lock with which a worker would sleep."""
    if connections["p1"].vendor != "postgresql":
        ear = ear_at("p1")
        assert (ear.has_come(), ear.has_come()) == (True, False)
        say(sold)
        assert ear.has_come()
        ear.close()
    else:
        ear = ear_at("p1")
        with writing("p1"):
            sold.say(at="p1")
            assert ear.has_come()
            assert ear.line() is None, "somebody is about to commit"
        until(lambda: ear.has_come() and ear.line() is not None, "it finds no sleep")
        assert not ear.has_come()
        say(sold)
        until(ear.has_come, "nobody rang")
        assert ear.line() is None
        ear.close()
    Event.objects.using("p1").all().delete()
