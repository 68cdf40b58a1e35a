"""What receivers remember of events goes when no event can come again."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

from django.db import connections
from django.utils import timezone

from django_headroom.conf import headroom
from django_headroom.delayed.models import Event, Heard

STEP = 1_000


def forget_heard(alias: str) -> int:
    """Delete what receivers in a database have noted of events that stand in no outbox any more.

    To be called now and then. An event that waits, or is dead and may be replayed, is remembered as long as it is
    there; others for ``DELAYED_REMEMBER_SECONDS``, so that a worker who stood still and wakes finds it noted.

    Returns:
        How many notes went.
    """
    long_ago = timezone.now() - timedelta(seconds=headroom().delayed_remember_seconds)
    notes, after, gone = Heard.objects.using(alias).filter(heard_at__lt=long_ago).order_by("id"), 0, 0
    while page := list(notes.filter(pk__gt=after)[:STEP]):
        by_outbox: dict[str, set[UUID]] = defaultdict(set)
        for note in page:
            by_outbox[note.outbox].add(note.event_id)
        waiting = {key for outbox, keys in by_outbox.items() for key in _waiting(outbox, keys)}
        over = [note.pk for note in page if note.event_id not in waiting]
        gone += Heard.objects.using(alias).filter(pk__in=over).delete()[0]
        after = page[-1].pk
    return gone


def _waiting(outbox: str, keys: set[UUID]) -> set[UUID]:
    """Those that are there still; in a database that there is no more, none."""
    if outbox not in connections:
        return set()
    rows = Event.objects.using(outbox).filter(event_id__in=keys)
    return set(rows.values_list("event_id", flat=True))
