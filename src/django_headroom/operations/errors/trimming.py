"""Forgetting: kinds that were not counted for long go, and of the others the old hours."""

from datetime import timedelta

from django.utils import timezone

from django_headroom.operations.errors.models import Batch, Group, Hour, Occurrence, Touched
from django_headroom.operations.errors.storing import store_at

DAYS = 90
DAYS_OF_HOURS = 14
DAYS_OF_BATCHES = 7
STEP = 500


def trim(days: int = DAYS) -> int:
    """Forget the kinds that were counted last so many days ago, in steps, and hours older than two weeks.

    Returns:
        How many kinds were forgotten.
    """
    now, alias, forgotten = timezone.now(), store_at(), 0
    old = Group.objects.using(alias).filter(last_at__lt=now - timedelta(days=days)).order_by("pk")
    while keys := list(old.values_list("pk", flat=True)[:STEP]):
        for model in (Occurrence, Touched, Hour):
            model.objects.using(alias).filter(group__in=keys).delete()
        Group.objects.using(alias).filter(pk__in=keys).delete()
        forgotten += len(keys)
    first = int((now - timedelta(days=DAYS_OF_HOURS)).timestamp() // 3_600)
    Hour.objects.using(alias).filter(hour__lt=first).delete()
    Batch.objects.using(alias).filter(taken_at__lt=now - timedelta(days=DAYS_OF_BATCHES)).delete()
    return forgotten
