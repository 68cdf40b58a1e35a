"""What is kept of what follows goes when nobody needs it any more; a job of the worker."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from descant.discussion.signals import comment_unjudged
from descant.followups.models import Delivery, Notice
from django_headroom.conf import headroom
from django_headroom.delayed.jobs.scheduling import every
from django_headroom.delayed.letters import dead_letters
from django_headroom.transactions import writing

DELIVERIES_KEPT = timedelta(days=30)
NOTICES_KEPT = timedelta(days=365)
SEEN_NOTICES_KEPT = timedelta(days=90)
ADDRESSES_KEPT = timedelta(days=7)  # of comments that no judge outside could be asked about
STEP = 1_000


def connect() -> None:
    """Jobs are declared where this module is imported."""


@every(3600, name="trim deliveries", limit=300)
def trim_deliveries() -> int:
    """Whatever became of them; how many went."""
    return _delete(Delivery.objects.filter(made_at__lt=timezone.now() - DELIVERIES_KEPT))


@every(3600, name="trim notices", limit=300)
def trim_notices() -> int:
    """Those that were seen a while ago, and all that are old; how many went."""
    now = timezone.now()
    seen = Notice.objects.filter(seen_at__lt=now - SEEN_NOTICES_KEPT)
    return _delete(seen) + _delete(Notice.objects.filter(made_at__lt=now - NOTICES_KEPT))


@every(3600, name="forget addresses", limit=120)
def forget_addresses() -> int:
    """Of dead letters to judges: sent again they are judged without an address; how many there were."""
    before, found = timezone.now() - ADDRESSES_KEPT, 0
    for alias in headroom().partitions:
        dead = dead_letters(alias).filter(signal=comment_unjudged.name, dead_at__lt=before)
        for letter in dead.exclude(payload__address=""):
            rows = dead_letters(alias).filter(pk=letter.pk)
            found += rows.update(payload={**letter.payload, "address": ""})
    return found


def _delete(rows: QuerySet[Any]) -> int:
    """In steps, so that no transaction is long."""
    gone = 0
    while keys := list(rows.values_list("pk", flat=True)[:STEP]):
        with writing("default"):
            gone += rows.model._base_manager.filter(pk__in=keys).delete()[0]
    return gone
