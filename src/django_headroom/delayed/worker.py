"""The worker: claims events by lease, tells each receiver, tries again later what failed.

At least once: a worker that dies leaves its lease to run out, and another takes the event up.
"""

import random
import traceback
import uuid
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from django_headroom.conf import headroom
from django_headroom.delayed.models import Event
from django_headroom.delayed.signals import signal_named
from django_headroom.identity import identity_map
from django_headroom.replicas import session

BATCH = 100


def drain(alias: str) -> int:
    """Tell the receivers of what is due in one database, up to a batch.

    With half the lease over it gives the rest of the batch back, so that nobody else takes up what it is telling.

    Returns:
        How many events were taken up; 0 means that nothing is due.
    """
    events = _claim(alias)
    half_over = timezone.now() + _lease() / 2
    heard, left = [], []
    for event in events:
        if timezone.now() > half_over:
            left.append(event.pk)
        elif _tell(event):
            heard.append(event.pk)
    rows = Event.objects.using(alias)
    if heard:
        rows.filter(pk__in=heard).delete()
    if left:
        rows.filter(pk__in=left, leased_by=events[0].leased_by).update(leased_by=None, leased_until=None)
    return len(events)


def _lease() -> timedelta:
    return timedelta(seconds=headroom().delayed_lease_seconds)


def _claim(alias: str) -> Sequence[Event]:
    due = _free(Event.objects.using(alias)).order_by("due_at", "id").values_list("pk", flat=True)[:BATCH]
    keys = list(due)
    if not keys:
        return []
    worker = uuid.uuid4()
    until = timezone.now() + _lease()
    _free(Event.objects.using(alias).filter(pk__in=keys)).update(leased_by=worker, leased_until=until)
    return list(Event.objects.using(alias).filter(leased_by=worker).order_by("id"))


def _free(events: QuerySet[Event]) -> QuerySet[Event]:
    now = timezone.now()
    return events.filter(Q(leased_until=None) | Q(leased_until__lt=now), dead_at=None, due_at__lte=now)


def _tell(event: Event) -> bool:
    """Tell everyone who has not heard; one who fails does not stop the others."""
    failures = []
    signal = signal_named(event.signal)
    for uid, receiver in sorted((signal.receivers if signal else {}).items()):
        if uid in event.heard_by:
            continue
        try:
            # On primaries: what the event tells of may not have come to a replica yet.
            with identity_map(), session(fresh=True):
                receiver(deepcopy(event.payload), event_id=str(event.event_id))
            event.heard_by.append(uid)
        except Exception:  # noqa: BLE001 - the worker's loop is the one place that may: it reports, and tries again
            failures.append(traceback.format_exc())
    if signal is None:
        failures.append(f"This release declares no signal {event.signal!r}.")
    if failures:
        _postpone(event, failures)
    return not failures


def _postpone(event: Event, failures: Sequence[str]) -> None:
    """Let the event go until later, or for good; if the lease ran out and it is another worker's now, let it be."""
    tries, now = event.tries + 1, timezone.now()
    Event.objects.using(event._state.db).filter(pk=event.pk, leased_by=event.leased_by).update(
        tries=tries,
        error="\n".join(failures)[-20_000:],
        heard_by=event.heard_by,
        due_at=now + timedelta(seconds=min(2**tries, 3600) * random.uniform(0.5, 1.5)),
        dead_at=now if tries >= headroom().delayed_tries else None,
        leased_by=None,
        leased_until=None,
    )
