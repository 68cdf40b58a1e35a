"""From where an event was said goes with it, to each of its receivers."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from django_headroom.delayed import signals
from django_headroom.delayed.models import Event
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.surrounding import origin, origin_of_now, origins
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def sold() -> Iterator[DelayedSignal]:
    origins.append(lambda: "trace 7")
    yield DelayedSignal("sold", schema=1)
    origins.clear()
    signals._signals.pop("sold")


def drain_all() -> None:
    Event.objects.using("p1").update(due_at=timezone.now())
    while drain("p1"):
        continue


def test_each_receiver_knows_it_also_when_it_is_told_again(sold: DelayedSignal) -> None:
    heard: list[tuple[str, str]] = []

    def fails_once(data: Any) -> None:
        heard.append(("fails once", origin()))
        if len(heard) == 1:
            raise ArithmeticError

    sold.connect(fails_once, dispatch_uid="a")
    sold.connect(lambda data: heard.append(("hears", origin())), dispatch_uid="b")
    with writing("p1"):
        sold.say(at="p1")
    origins.clear()
    drain_all()
    drain_all()
    assert heard == [("fails once", "trace 7"), ("hears", "trace 7"), ("fails once", "trace 7")]
    assert (origin(), origin_of_now()) == ("", "")
