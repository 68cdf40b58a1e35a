"""What is kept of what follows goes when nobody needs it any more; a job of the worker."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from descant.followups.models import Delivery
from django_headroom.delayed.jobs.scheduling import every
from django_headroom.transactions import writing

DELIVERIES_KEPT = timedelta(days=30)
STEP = 1_000


def connect() -> None:
    """Jobs are declared where this module is imported."""


@every(3600, name="trim deliveries", limit=300)
def trim_deliveries() -> int:
    """Whatever became of them; how many went."""
    return _delete(Delivery.objects.filter(made_at__lt=timezone.now() - DELIVERIES_KEPT))


def _delete(rows: QuerySet[Any]) -> int:
    """In steps, so that no transaction is long."""
    gone = 0
    while keys := list(rows.values_list("pk", flat=True)[:STEP]):
        with writing("default"):
            gone += rows.model._base_manager.filter(pk__in=keys).delete()[0]
    return gone
