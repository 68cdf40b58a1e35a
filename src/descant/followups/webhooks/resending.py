"""What an owner sends by hand: a test, one delivery once more, or all that are dead."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from descant.followups.models import Delivery
from descant.followups.webhooks.noting import post_deliveries, say_due
from descant.forums.models import Target
from descant.switches import check_writable
from django_headroom.transactions import writing
from django_headroom.updates import change, claim

STEP = 500
STEPS_MOST = 20


def send_test(target: Target) -> Delivery:
    """Have a worker send a target something harmless, or ask it for the challenge; one that waits is enough.

    Raises:
        SwitchedOff
    """
    check_writable(target.forum.name)
    kind = Delivery.Kind.TEST if target.is_verified else Delivery.Kind.VERIFY
    waiting = Delivery.objects.filter(target=target, kind=kind, state=Delivery.State.WAITING)
    found: Delivery | None = waiting.order_by("-made_at", "-id").first()
    if found is not None:
        resend(target, found.pk)
        return found
    made = Delivery(target=target, kind=kind)
    with writing("default"):
        _wake(target)
        post_deliveries([made])
    return made


def resend(target: Target, key: int) -> bool:
    """Try a delivery once more, now, as often as at first; whether there is such a one.

    Raises:
        SwitchedOff
    """
    check_writable(target.forum.name)
    delivery = Delivery.objects.filter(target=target, pk=key).first()
    if delivery is None:
        return False
    delivery.target = target
    fresh = _fresh()
    with writing("default"):
        _wake(target)
        if claim(delivery, when={"turn": delivery.turn}, turn=delivery.turn + 1, **fresh):
            say_due([delivery])
    return True


def resend_dead(target: Target) -> int:
    """All that are dead, some thousands at most; how many.

    Raises:
        SwitchedOff
    """
    check_writable(target.forum.name)
    sent = 0
    for _step in range(STEPS_MOST):
        dead = list(
            Delivery.objects.filter(target=target, state=Delivery.State.DEAD).order_by("made_at", "id")[:STEP]
        )
        if not dead:
            break
        with writing("default"):
            _wake(target)
            sent += _revive(target, dead)
    return sent


def _revive(target: Target, dead: Sequence[Delivery]) -> int:
    keys = [each.pk for each in dead]
    rows = Delivery.objects.filter(pk__in=keys, state=Delivery.State.DEAD)
    revived = rows.update(turn=F("turn") + 1, **_fresh())
    for each in dead:
        each.target, each.turn = target, each.turn + 1
    say_due(dead)
    return revived


def _fresh() -> dict[str, Any]:
    return {"state": Delivery.State.WAITING, "tries": 0, "tries_since": timezone.now(), "due_at": None}


def _wake(target: Target) -> None:
    """Who sends by hand does not want to wait until the target has rested."""
    if target.rest_until is not None:
        change(target, rest_until=None)
