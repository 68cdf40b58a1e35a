"""Whoever is killed, wherever: nothing is lost, nothing that was undone is heard, and effects are exact."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from django_headroom.delayed import signals, worker
from django_headroom.delayed.models import Event
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.delayed.working.telling import Outcome
from django_headroom.transactions import writing
from tests.headroom.market.people.models import Person
from tests.headroom.market.processes import ended_by_kill, in_a_process
from tests.headroom.market.selling import connect_bookkeeper, sell_while_killed
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, until

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
SALES, KILLS = 10_000, 200


@pytest.fixture
def sold(settings: Any) -> Iterator[DelayedSignal]:
    settings.HEADROOM = {**settings.HEADROOM, "DELAYED_LEASE_SECONDS": 2}
    signal_ = DelayedSignal("sold", schema=1)
    connect_bookkeeper(signal_)
    yield signal_
    signals._signals.pop("sold")


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


def test_web_and_worker_processes_are_killed_at_random_and_all_is_exact(
    sold: DelayedSignal, bakery: Shop
) -> None:
    """Some thirty seconds of it."""
    found = sell_while_killed(sold, bakery, sales=SALES, kills=KILLS)
    assert (found.lost, found.doubled, found.undone) == (0, 0, 0)
    assert found.sold >= SALES
    assert found.killed > 0
