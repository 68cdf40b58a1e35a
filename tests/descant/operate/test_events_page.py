"""The operators' page of events: what waits, dead letters with their tracebacks, jobs that did not run."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from descant.accounts.models import User
from descant.operate.pages import events
from django_headroom.delayed import signals
from django_headroom.delayed.jobs.scheduling import run_due_jobs
from django_headroom.delayed.models import Event, Job
from django_headroom.delayed.receivers import Retry
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"], transaction=True)
PAGE, ACTS = "/operate/events/", "/operate/events/letters/"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("opal", is_staff=True))
    return client


@pytest.fixture
def baked() -> Iterator[DelayedSignal]:
    """Nobody can hear it, for the oven is cold."""
    signal = DelayedSignal("baked", schema=1)

    def fail(data: dict[str, Any]) -> None:
        raise ValueError("the oven is cold")

    signal.connect(fail, dispatch_uid="oven", queue="high", retry=Retry(tries=1))
    yield signal
    signals._signals.pop("baked")


def say(signal: DelayedSignal, alias: str = "p1", **told: Any) -> None:
    with writing(alias):
        signal.say(at=alias, **told)


def seen(operator: Client) -> Any:
    answer = operator.get(PAGE)
    assert answer.status_code == 200
    return answer.context["found"], answer.content.decode()


def test_what_waits_is_counted_by_lane_and_receiver(operator: Client, baked: DelayedSignal) -> None:
    say(baked)
    say(baked)
    Event.objects.using("p1").update(said_at=timezone.now() - timedelta(hours=3))
    say(baked, "p2")
    Event.objects.using("p2").update(due_at=timezone.now() + timedelta(hours=1))
    found, page = seen(operator)
    high, low, bulk = found.lanes
    assert (high["due"], high["later"], high["dead"]) == (2, 1, 0)
    assert (low["due"], bulk["due"]) == (0, 0)
    assert [(each.alias, each.signal, each.due, each.later) for each in high["queues"]] == [
        ("p1", "baked", 2, 0),
        ("p2", "baked", 0, 1),
    ]
    assert "3\N{NO-BREAK SPACE}hours" in page


def test_a_dead_letter_is_seen_with_its_traceback_and_told_again(
    operator: Client, baked: DelayedSignal
) -> None:
    say(baked, loaf="<b>rye</b>")
    drain("p1")
    found, page = seen(operator)
    (letter,) = found.letters
    assert (found.dead, letter.last_line) == (1, "ValueError: the oven is cold")
    assert "in fail" in page
    assert "&lt;b&gt;rye" in page
    operator.post(ACTS, {"letter": letter.name, "act": "replay"})
    assert Event.objects.using("p1").get().dead_at is None
    drain("p1")
    assert seen(operator)[0].dead == 1


@pytest.mark.parametrize("chosen", ["one", "all"])
def test_letters_are_dropped(operator: Client, baked: DelayedSignal, chosen: str) -> None:
    for alias in ("p1", "p1", "p2"):
        say(baked, alias)
    while drain("p1") or drain("p2"):
        pass
    letter = Event.objects.using("p1").order_by("id")[0]
    answer = operator.post(ACTS, {"letter": f"p1:{letter.pk}" if chosen == "one" else "all", "act": "drop"})
    assert answer.headers["Location"] == PAGE
    left = [Event.objects.using(alias).count() for alias in ("p1", "p2")]
    assert left == ([1, 1] if chosen == "one" else [0, 0])
    assert not Event.objects.using("p1").filter(pk=letter.pk).exists()


@pytest.mark.parametrize("letter", ["p7:1", "p1:x", "p1", "²"])
def test_what_names_no_letter_does_nothing(operator: Client, letter: str) -> None:
    assert operator.post(ACTS, {"letter": letter, "act": "drop"}).status_code == 404


def test_a_letter_that_somebody_else_has_dropped_is_no_fault(operator: Client) -> None:
    answer = operator.post(ACTS, {"letter": "p1:4711", "act": "drop"}, follow=True)
    assert "Somebody else has done it already." in answer.content.decode()


def test_letters_are_for_operators_alone() -> None:
    guest, reader = Client(), Client()
    reader.force_login(User.objects.create_user("rea"))
    assert (
        guest.post(ACTS, {"letter": "all", "act": "drop"}).headers["Location"].startswith("/accounts/login/")
    )
    assert reader.post(ACTS, {"letter": "all", "act": "drop"}).status_code == 404


def test_a_job_that_did_not_run_is_an_alarm(operator: Client) -> None:
    assert "did not run" not in seen(operator)[1]
    Job.objects.using("default").update(since=timezone.now() - timedelta(days=1))
    assert 'role="alert"' in seen(operator)[1]
    run_due_jobs()
    page = seen(operator)[1]
    assert "did not run" not in page
    assert f"{timezone.now():%Y-%m-%d}" in page
    Job.objects.using("default").all().delete()


def test_a_database_that_is_away_takes_nothing_of_the_others(
    operator: Client, baked: DelayedSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(baked, "p2")
    counted = events.queues

    def away(alias: str) -> Any:
        if alias == "p1":
            raise OperationalError("no route")
        return counted(alias)

    monkeypatch.setattr(events, "queues", away)
    found, page = seen(operator)
    assert found.away == ["p1"]
    assert found.lanes[0]["due"] == 1
    assert "The database p1 cannot be reached" in page
