"""What is kept of what people did goes when nobody needs it any more; jobs of the worker."""

import time
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from descant.discussion.models import Pace
from descant.discussion.signals import comment_unjudged
from descant.followups.mail.mailboxes import LEFT_ALONE_FOR
from descant.followups.mail.tokens import CONFIRMS_FOR
from descant.followups.models import Delivery, Follow, Letter, Mailbox, Notice
from django_headroom.conf import headroom
from django_headroom.delayed.jobs.scheduling import every
from django_headroom.delayed.letters import dead_letters
from django_headroom.transactions import writing

DELIVERIES_KEPT = timedelta(days=30)
NOTICES_KEPT = timedelta(days=365)
SEEN_NOTICES_KEPT = timedelta(days=90)
LETTERS_KEPT = timedelta(days=90)
PACES_KEPT = 120.0  # seconds: twice as long as a pace looks back
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


@every(3600, name="trim letters", limit=300)
def trim_letters() -> int:
    """Whatever became of them; how many went."""
    return _delete(Letter.objects.filter(made_at__lt=timezone.now() - LETTERS_KEPT))


@every(3600, name="trim mailboxes", limit=300)
def trim_mailboxes() -> int:
    """Addresses that nobody has confirmed while the link to do so was good, and refusals when they are over."""
    now = timezone.now()
    strange = Mailbox.objects.filter(confirmed_at=None)
    unanswered = strange.filter(ended_at=None, asked_at__lt=now - CONFIRMS_FOR)
    refused = strange.filter(ended_at__lt=now - LEFT_ALONE_FOR)
    return _forget_mailboxes(unanswered) + _forget_mailboxes(refused)


@every(3600, name="trim paces", limit=300)
def trim_paces() -> int:
    """Of those who have not written for a while: they may write as if they never had. How many went."""
    before, rows = time.time() - PACES_KEPT, Pace._base_manager
    places = ((rows.using(alias), alias) for alias in headroom().partitions)
    return sum(_delete(found.filter(used_until__lt=before), alias) for found, alias in places)


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


def _forget_mailboxes(rows: QuerySet[Mailbox]) -> int:
    """With what they follow."""
    gone = 0
    while keys := list(rows.values_list("pk", flat=True)[:STEP]):
        with writing("default"):
            Follow.objects.filter(follower__in=[f"m{key}" for key in keys]).delete()
            gone += rows.filter(pk__in=keys).delete()[0]
    return gone


def _delete(rows: QuerySet[Any], alias: str = "default") -> int:
    """In steps, so that no transaction is long; one that is used meanwhile stays."""
    gone = 0
    while keys := list(rows.values_list("pk", flat=True)[:STEP]):
        with writing(alias):
            gone += rows.filter(pk__in=keys).delete()[0]
    return gone
