"""Requests that a program gives a name, so that it may send them again: what they do is done once."""

from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils import timezone

from descant.forums.models import KeptAnswer
from django_headroom.transactions import writing
from django_headroom.updates import claim

GLOBAL = "default"
KEPT = timedelta(hours=24)
BUSY = timedelta(minutes=1)  # longer no request takes: whoever was at it has died


class AskedElse(Exception):
    """The name was given to another request."""

    def __str__(self) -> str:
        return "This Idempotency-Key was used for another request: make a new key for each."


class StillBusy(Exception):
    """The request of this name is being worked on."""

    def __str__(self) -> str:
        return "The request of this Idempotency-Key is still being worked on: send it again in a moment."


def begin(*, name: str, request: str) -> KeptAnswer:
    """Take a request on, or find what was answered to it.

    Args:
        name: a digest of who asks and the name that she gave.
        request: a digest of what is asked.

    Returns:
        With a ``status`` the answer; without one the caller is to answer, and to call ``finish`` or ``give_up``.

    Raises:
        AskedElse, StillBusy
    """
    row = KeptAnswer(name=name, request=request)
    try:
        with writing(GLOBAL):
            row.save(force_insert=True)
    except IntegrityError:
        return _found(row)
    return row


def finish(row: KeptAnswer, *, status: int, body: str) -> None:
    """Keep the answer, unless somebody else has taken the request on meanwhile."""
    with writing(GLOBAL):
        claim(row, when={"status": 0, "began_at": row.began_at}, status=status, body=body)


def give_up(row: KeptAnswer) -> None:
    """Let the request be asked anew: nothing was done."""
    with writing(GLOBAL):
        KeptAnswer.objects.filter(pk=row.pk, status=0, began_at=row.began_at).delete()


def forget_answers(now: datetime | None = None) -> None:
    """Drop the answers that are kept no longer."""
    with writing(GLOBAL):
        KeptAnswer.objects.filter(began_at__lt=(now or timezone.now()) - KEPT).delete()


def _found(asked: KeptAnswer) -> KeptAnswer:
    row = KeptAnswer.objects.using(GLOBAL).filter(pk=asked.pk).first()
    if row is None:
        raise StillBusy  # whoever was at it has given it up just now
    if row.began_at < asked.began_at - (KEPT if row.status else BUSY):
        when = {"status": row.status, "began_at": row.began_at}
        with writing(GLOBAL):
            is_ours = claim(row, when=when, request=asked.request, status=0, body="", began_at=asked.began_at)
        if not is_ours:
            raise StillBusy
        return row
    if row.request != asked.request:
        raise AskedElse
    if not row.status:
        raise StillBusy
    return row
