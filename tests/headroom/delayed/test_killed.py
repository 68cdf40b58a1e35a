"""Whoever is killed, wherever: nothing is lost, nothing that was undone is heard, and effects are exact."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from django_headroom.delayed import signals, worker
from django_headroom.delayed.models import Event
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.delayed.working.telling import Outcome
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.processes import ended_by_kill, in_a_process
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, until

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
SAYERS, WORKERS, KILLS, EACH = 2, 2, 8, 60


@pytest.fixture
def sold(settings: Any) -> Iterator[DelayedSignal]:
    settings.HEADROOM = {**settings.HEADROOM, "DELAYED_LEASE_SECONDS": 2}
    signal_ = DelayedSignal("sold", schema=1)
    signal_.connect(note, dispatch_uid="note", once_at="people")
    yield signal_
    signals._signals.pop("sold")


def note(data: dict[str, Any]) -> None:
    Person.objects.create(name=data["name"])


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_instead_of_telling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outcome, "tell", die)


def die_after_the_effect(patch: pytest.MonkeyPatch) -> None:
    tell = Outcome.tell
    patch.setattr(Outcome, "tell", lambda *call: (tell(*call), die()))


def die_before_it_is_written_down(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outcome, "write_down", die)


def die_when_it_is_written_down(patch: pytest.MonkeyPatch) -> None:
    write_down = Outcome.write_down
    patch.setattr(Outcome, "write_down", lambda *call: (write_down(*call), die()))


@pytest.mark.parametrize(
    "at",
    [
        die_instead_of_telling,
        die_after_the_effect,
        die_before_it_is_written_down,
        die_when_it_is_written_down,
    ],
)
def test_a_worker_killed_at_any_point_is_followed_by_another(
    sold: DelayedSignal, at: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with writing("p1"):
        for number in range(5):
            sold.say(at="p1", name=str(number))

    def work() -> None:
        at(pytest.MonkeyPatch())
        worker.drain("p1")

    assert ended_by_kill(in_a_process(work))
    if at is not die_when_it_is_written_down:
        assert drain("p1") == 0, "nobody else has them while the lease runs"
        until(
            lambda: Event.objects.using("p1").filter(leased_until__lt=timezone.now()).exists(),
            "the lease stays",
        )
    until(lambda: not drain("p1") and not Event.objects.using("p1").exists(), "not all is heard")
    assert Counter(Person.objects.values_list("name", flat=True)) == {str(number): 1 for number in range(5)}


def sell_all(sold: DelayedSignal, bakery: Shop, sayer: int) -> None:
    """From where one who was killed has come; every third sale is undone."""
    of_sayer = Item.objects.of(bakery).filter(maker=sayer).order_by("-price")
    for number in range(sum(of_sayer.values_list("price", flat=True)[:1]) + 1, EACH):
        name = f"{sayer}/{number}"
        with suppress(ZeroDivisionError), writing(bakery):
            Item.objects.of(bakery).create(name=name, maker_id=sayer, price=number)
            sold.say(at=bakery, name=name)
            if number % 3 == 0:
                raise ZeroDivisionError


def work_on() -> None:
    while True:
        if not drain("p1"):
            time.sleep(0.01)


def test_web_and_worker_processes_are_killed_at_random_and_all_is_exact(
    sold: DelayedSignal, bakery: Shop
) -> None:
    def sell(sayer: int) -> None:
        sell_all(sold, bakery, sayer)

    def begin(role: int) -> int:
        return in_a_process(work_on if role < 0 else lambda: sell(role))

    roles = [*range(SAYERS), *range(-WORKERS, 0)]
    running = {begin(role): role for role in roles}
    for _ in range(KILLS):
        time.sleep(random.uniform(0.02, 0.2))
        pid = random.choice(list(running))
        os.kill(pid, signal.SIGKILL)
        ended_by_kill(pid)
        role = running.pop(pid)
        running[begin(role)] = role
    for pid in [pid for pid, role in running.items() if role >= 0]:
        assert not ended_by_kill(pid)
        del running[pid]
    until(lambda: not Event.objects.using("p1").exists(), "not all is heard")
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        ended_by_kill(pid)
    connections.close_all()
    sold_ones = set(Item.objects.of(bakery).values_list("name", flat=True))
    heard = Counter(Person.objects.values_list("name", flat=True))
    assert set(heard) == sold_ones, "none is lost, and none was heard that was undone"
    assert set(heard.values()) == {1}
