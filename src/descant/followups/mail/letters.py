"""Letters are written down once, each with the event by which it goes out."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5

from django.db.models import Count
from django.utils import timezone

from descant.followups.mail.signals import letter_due, question_due
from descant.followups.models import Kind, Letter
from django_headroom.delayed.models import Event

DIGEST_AT = time(7, tzinfo=UTC)
HOURLY_MOST = 30  # letters to one recipient: nobody can have us fill a stranger's mailbox
_LETTERS = UUID("3d0c1f5e-53a8-4be4-9f3b-5e0f6a4f7c11")  # the ids of letters are made below it


def letter_id(recipient: str, about: str) -> UUID:
    """The one id that a letter to somebody about something has."""
    return uuid5(_LETTERS, f"{recipient} {about}")


def letter(recipient: str, about: str, kind: Kind, **place: int) -> Letter:
    return Letter(pk=letter_id(recipient, about), recipient=recipient, about=about, kind=kind, **place)


def had_enough(recipients: Collection[str]) -> set[str]:
    """Which of some recipients have had as many letters within an hour as anybody gets."""
    since = timezone.now() - timedelta(hours=1)
    rows = Letter.objects.filter(recipient__in=recipients, made_at__gte=since).values("recipient")
    full = rows.annotate(letters=Count("pk")).filter(letters__gte=HOURLY_MOST)
    return set(full.values_list("recipient", flat=True))


def post_letters(letters: Iterable[Letter], *, due: datetime | None = None) -> None:
    """Write down those that were not before; within a transaction on the global database.

    Args:
        due: when they go out, if it is not now.
    """
    by_id = {each.pk: each for each in letters}
    for pk in Letter.objects.filter(pk__in=list(by_id)).values_list("pk", flat=True):
        del by_id[pk]
    Letter.objects.bulk_create(by_id.values(), ignore_conflicts=True)
    events = [_event_of(each) for each in by_id.values()]
    for event in events:
        event.due_at = due or event.due_at
    Event.objects.using("default").bulk_create(events)


def _event_of(letter: Letter) -> Event:
    signal = question_due if letter.kind == Kind.CONFIRM else letter_due
    return signal.event(letter_id=str(letter.pk), forum_id=letter.forum_id or 0)


def next_digest() -> datetime:
    """When the letter of the day goes out next."""
    now = timezone.now()
    today = datetime.combine(now.astimezone(UTC).date(), DIGEST_AT)
    return today if now < today else today + timedelta(days=1)
