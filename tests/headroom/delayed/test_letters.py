"""Dead letters are seen and told again or dropped; what was heard is forgotten when nothing can come again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_headroom.delayed import signals
from django_headroom.delayed.forwarding import to_celery
from django_headroom.delayed.letters import dead_letters, drop, replay, waiting
from django_headroom.delayed.models import Event, Heard, Lane
from django_headroom.delayed.receivers import Retry
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.testing import WorkerFailed, workers
from django_headroom.delayed.trimming import forget_heard
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def sold() -> Iterator[DelayedSignal]:
    yield DelayedSignal("sold", schema=1)
    signals._signals.pop("sold")
    Event.objects.using("p1").all().delete()


def say(signal: DelayedSignal, **told: Any) -> None:
    with writing("p1"):
        signal.say(at="p1", **told)


def test_a_failure_that_tells_what_no_column_holds_is_written_down(sold: DelayedSignal) -> None:
    """An exception may quote a stranger's answer; unwritten, it would keep back its whole batch for ever."""
    heard: list[str] = []

    def quote(data: dict[str, Any]) -> None:
        raise ValueError("they said \0 and \ud800")

    sold.connect(quote, dispatch_uid="quotes")
    sold.connect(lambda data: heard.append(data["name"]), dispatch_uid="listens")
    for name in ("rye", "oat"):
        say(sold, name=name)
    while drain("p1"):
        pass
    assert heard == ["rye", "oat"]
    failed = Event.objects.using("p1").all()
    assert [(event.only, event.tries) for event in failed] == [("quotes", 1)] * 2
    assert all("\\0 and \\ud800" in event.error for event in failed)


def test_what_a_receiver_needs_may_be_away_for_half_a_day(sold: DelayedSignal) -> None:
    def fail(data: Any) -> None:
        raise ValueError("the mail server is away")

    sold.connect(fail, dispatch_uid="patient")
    say(sold)
    events, waited = Event.objects.using("p1"), timedelta()
    while waited < timedelta(hours=12):
        assert drain("p1") == 1
        left = events.get()
        assert left.dead_at is None, f"dead after {left.tries} tries and {waited}"
        assert left.due_at - timezone.now() < timedelta(hours=2), "and it is told soon after the end of that"
        waited += left.due_at - timezone.now()
        events.update(due_at=timezone.now())


def test_a_dead_letter_is_seen_replayed_and_dropped(sold: DelayedSignal) -> None:
    heard: list[str] = []
    is_down = [True]

    def fail(data: dict[str, Any]) -> None:
        if is_down[0]:
            raise ValueError("the mail server is away")
        heard.append(data["name"])

    sold.connect(fail, dispatch_uid="mail", retry=Retry(tries=1))
    sold.connect(lambda data: None, dispatch_uid="other")
    for name in ("rye", "oat"):
        say(sold, name=name)
    while drain("p1"):
        pass
    _, rye = dead_letters("p1")
    assert "the mail server is away" in rye.error
    assert "in fail" in rye.error, "with its traceback"
    assert (rye.payload, rye.only, rye.tries) == ({"name": "rye"}, "mail", 1)
    assert [(each.events, each.dead) for each in waiting(["p1"]) if each.lane == Lane.LOW] == [(0, 2)]
    is_down[0] = False
    assert (replay("p1", [rye.pk]), drop("p1", [rye.pk])) == (1, 0), "it is dead no more"
    assert (drain("p1"), heard) == (1, ["rye"])
    assert (drop("p1"), Event.objects.using("p1").count()) == (1, 0)


def test_what_was_heard_is_forgotten_when_its_event_is_gone(sold: DelayedSignal) -> None:
    sold.connect(lambda data: None, dispatch_uid="a", once_at="people")
    for _ in range(3):
        say(sold)
    kept = Event.objects.using("p1").first()
    assert kept is not None
    while drain("p1"):
        pass
    assert forget_heard("people") == 0, "too early"
    Heard.objects.using("people").update(heard_at=timezone.now() - timedelta(hours=2))
    kept.save(force_insert=True)
    assert forget_heard("people") == 2
    assert Heard.objects.using("people").get().event_id == kept.event_id
    kept.delete()
    assert forget_heard("people") == 1


def test_in_a_test_only_the_named_receivers_hear(sold: DelayedSignal) -> None:
    heard: list[str] = []
    sold.connect(lambda data: heard.append("mail"), dispatch_uid="mail")
    sold.connect(lambda data: heard.append("index"), dispatch_uid="index")
    with workers("index", databases=["p1"]) as run:
        say(sold)
        assert heard == []
        assert (run(), heard) == (1, ["index"])
    assert set(sold.receivers) == {"mail", "index"}
    with pytest.raises(LookupError, match="connects a receiver 'mial'"), workers("mial", databases=["p1"]):
        pass


def test_a_test_shows_why_a_receiver_failed_and_that_it_goes_round_in_circles(sold: DelayedSignal) -> None:
    def fail(data: dict[str, Any]) -> None:
        raise ValueError("away")

    sold.connect(fail, dispatch_uid="a")
    sold.connect(lambda data: say(sold), dispatch_uid="again")
    with workers("a", databases=["p1"]) as run:
        say(sold)
        with pytest.raises(WorkerFailed, match="ValueError: away"):
            run()
    Event.objects.using("p1").all().delete()
    with workers("again", databases=["p1"]) as run:
        say(sold)
        with pytest.raises(WorkerFailed, match="does a receiver say what it hears"):
            run()


def test_what_is_said_goes_on_to_celery_under_its_own_id(sold: DelayedSignal) -> None:
    sent: list[Any] = []

    class Task:
        def apply_async(self, **call: Any) -> None:
            sent.append(call)

    sold.connect(to_celery(Task(), queue="slow"), dispatch_uid="celery")
    say(sold, name="rye")
    event = Event.objects.using("p1").get()
    drain("p1")
    assert sent == [{"args": [{"name": "rye"}], "task_id": str(event.event_id), "queue": "slow"}]
