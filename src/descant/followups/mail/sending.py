"""Sending a letter: claimed first, then given to the mail server, then noted as sent.

A process that dies between the last two leaves a letter that goes out again, with the same Message-ID.
"""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.utils import timezone

from descant.followups.mail.composing import compose
from descant.followups.mail.recipients import NotWanted
from descant.followups.mail.signals import letter_due, question_due
from descant.followups.models import Letter
from descant.switches import is_on
from django_headroom.transactions import writing
from django_headroom.updates import claim

CLAIMED_FOR = timedelta(minutes=2)  # longer than a mail server is waited for
SWITCHED_OFF_FOR = timedelta(minutes=1)  # then it is looked again
REFUSED_FOR_GOOD = (
    500  # a code below is for now, as of servers that take mail from strangers at the second try
)


class InOtherHands(Exception):
    """A letter that another worker is sending, or was sending when it died: it is tried again."""


def connect() -> None:
    """Listen to letters that are due."""
    question_due.connect(send_letter, dispatch_uid="followups.mail", queue="high", channel="mail")
    letter_due.connect(send_letter, dispatch_uid="followups.mail", queue="bulk", channel="mail")


def send_letter(data: dict[str, Any], *, event_id: str) -> None:
    """Send a letter unless it was sent, or nobody wants it any more; while mail is switched off it waits.

    Raises:
        InOtherHands
        OSError, smtplib.SMTPException: the mail server does not take it now; it is tried again.
    """
    letter = Letter.objects.filter(pk=data["letter_id"]).first()
    if letter is None or letter.sent_at or letter.dropped_for:
        return None
    if not is_on("mail"):
        return _say_again(data)
    _take(letter)
    try:
        compose(letter).send()
    except NotWanted as why:
        _note(letter, dropped_for=str(why)[:20])
    except SMTPRecipientsRefused as refused:
        if any(code < REFUSED_FOR_GOOD for code, _why in refused.recipients.values()):
            raise
        _note(letter, dropped_for="refused")  # who asks again is called a spammer
    else:
        _note(letter, sent_at=timezone.now())


def _say_again(data: dict[str, Any]) -> None:
    """It is no failure, and counts as no try."""
    later = letter_due.event(**data)
    later.due_at = timezone.now() + SWITCHED_OFF_FOR
    with writing("default"):
        later.save(force_insert=True, using="default")


def _take(letter: Letter) -> None:
    now = timezone.now()
    when = {"claimed_until": letter.claimed_until, "sent_at": None}
    is_held = letter.claimed_until is not None and letter.claimed_until > now
    with writing("default"):
        if is_held or not claim(letter, when=when, claimed_until=now + CLAIMED_FOR):
            raise InOtherHands(f"Letter {letter.pk} is in the hands of another worker.")


def _note(letter: Letter, **columns: Any) -> None:
    """What became of it."""
    with writing("default"):
        claim(letter, when={"sent_at": None}, claimed_until=None, **columns)
