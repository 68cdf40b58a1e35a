"""A delivery goes out, and what became of it is written down with the event of its next try.

A process that dies between the target's answer and our note of it leaves a delivery that goes out again, under the same
id.
"""

import random
import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from descant.followups.models import Delivery
from descant.followups.webhooks.alarming import tell_owners
from descant.followups.webhooks.noting import say_due
from descant.followups.webhooks.signals import delivery_due
from descant.followups.webhooks.telling import NotTold, event_of
from descant.forums.models import Target
from descant.forums.webhooks.sending import GONE, PATIENT, QUICK, Event, Outcome, send, verify
from descant.forums.webhooks.targets import HEALTHY, switch_off
from django_headroom.transactions import writing
from django_headroom.updates import change, claim

# As Standard Webhooks has it: the first of what is tried again may have met a restart, the last a lost weekend's day.
PAUSES = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
]
SPREAD = 0.2  # of each pause, so that what failed together does not come together
TRIED_FOR = timedelta(days=3)  # however seldom it came to be tried
FAILING_FOR = timedelta(days=5)  # after which a target is told nothing more
UNVERIFIED_REST = timedelta(minutes=1)
REST_FIRST, REST_MOST = timedelta(seconds=5), timedelta(minutes=30)
WISHED_MOST = timedelta(days=1)  # by Retry-After
LOG_MOST = 10


def connect() -> None:
    """Listen to deliveries that are due."""
    delivery_due.connect(deliver, dispatch_uid="followups.webhooks", order_key="order", channel="webhooks")


def deliver(data: dict[str, Any], *, event_id: str) -> None:
    """Send a delivery, unless it was told of once more since: then a later event does."""
    rows = Delivery.objects.select_related("target__forum").filter(state=Delivery.State.WAITING)
    delivery = rows.filter(message=data["message"], turn=data["turn"]).first()
    if delivery is None:
        return
    target = delivery.target
    is_by_hand = delivery.kind in (Delivery.Kind.TEST, Delivery.Kind.VERIFY)
    if not (target.is_on or is_by_hand):
        _end(delivery, Delivery.State.DEAD, "off")
    elif target.rests() or not (target.is_verified or is_by_hand):
        _put_off(delivery)
    else:
        _try(delivery)


def _put_off(delivery: Delivery) -> None:
    """While its target is left alone nothing is tried; whoever comes first then finds out for all."""
    if delivery.tries_since < timezone.now() - TRIED_FOR:
        _end(delivery, Delivery.State.DEAD, "late")
        return
    rest = delivery.target.rest_until or timezone.now() + UNVERIFIED_REST
    until = rest + timedelta(seconds=random.uniform(0, 5))
    with writing("default"):
        if _note(delivery, due_at=until):
            say_due([delivery], due=until)


def _end(delivery: Delivery, state: Delivery.State, why: str) -> None:
    """Without having been tried."""
    _note(delivery, state=state, due_at=None, log=[*delivery.log, _entry(why=why)][-LOG_MOST:])


def _try(delivery: Delivery) -> None:
    try:
        event = event_of(delivery)
    except NotTold as why:
        _end(delivery, Delivery.State.DROPPED, str(why))
        return
    began = time.monotonic()
    outcome = _sent(delivery, event)
    entry = _entry(outcome.status, round((time.monotonic() - began) * 1000), outcome.why)
    log = [*delivery.log, entry][-LOG_MOST:]
    told = {"tries": delivery.tries + 1, "log": log, "answer": outcome.answer}
    with writing("default"):
        if outcome.is_taken:
            _taken(delivery, told)
        else:
            _failed(delivery, outcome, told)


def _sent(delivery: Delivery, event: Event) -> Outcome:
    """Who is well has a moment to answer, so that others need not wait long; who is tried again has more."""
    bounds = QUICK if delivery.turn == 0 else PATIENT
    ask = verify if delivery.kind == Delivery.Kind.VERIFY else send
    return ask(delivery.target, event, bounds)


def _taken(delivery: Delivery, told: dict[str, Any]) -> None:
    target = delivery.target
    if not _note(delivery, state=Delivery.State.TAKEN, due_at=None, **told):
        return
    columns: dict[str, Any] = {} if target.failing_since is None else dict(HEALTHY)
    if delivery.kind == Delivery.Kind.VERIFY:
        columns["is_verified"] = True
    if columns:
        change(target, **columns)


def _failed(delivery: Delivery, outcome: Outcome, told: dict[str, Any]) -> None:
    due = next_try(delivery, outcome)
    state = Delivery.State.WAITING if due else Delivery.State.DEAD
    if not _note(delivery, state=state, due_at=due, **told):
        return
    if due:
        say_due([delivery], due=due)
    _note_failing(delivery.target, outcome)


def next_try(delivery: Delivery, outcome: Outcome) -> datetime | None:
    """When it is tried again, later and later; None if it is not."""
    now = timezone.now()
    is_over = delivery.tries + 1 > len(PAUSES) or delivery.tries_since < now - TRIED_FOR
    if outcome.is_final or is_over:
        return None
    pause = PAUSES[delivery.tries] * random.uniform(1 - SPREAD, 1 + SPREAD)
    wished = min(timedelta(seconds=outcome.retry_after), WISHED_MOST)
    return now + max(pause, wished)


def _note_failing(target: Target, outcome: Outcome) -> None:
    """It is left alone for a moment, a longer one each time; for good when it says so, or has failed for days."""
    now = timezone.now()
    since = target.failing_since or now
    rest = min(REST_FIRST * 2 ** min(target.failures, 20), REST_MOST)
    wished = min(timedelta(seconds=outcome.retry_after), REST_MOST)
    change(target, failing_since=since, failures=F("failures") + 1, rest_until=now + max(rest, wished))
    why = Target.Off.GONE if outcome.status == GONE else Target.Off.FAILING
    if (why == Target.Off.GONE or since < now - FAILING_FOR) and switch_off(target=target, why=why):
        tell_owners(target)


def _note(delivery: Delivery, **columns: Any) -> bool:
    """Whether it is still this turn's; of two who were told the same one writes it down."""
    with writing("default"):
        return claim(delivery, when={"turn": delivery.turn}, turn=delivery.turn + 1, **columns)


def _entry(status: int = 0, ms: int = 0, why: str = "") -> dict[str, Any]:
    return {"at": timezone.now().isoformat(), "status": status, "ms": ms, "why": why[:200]}
