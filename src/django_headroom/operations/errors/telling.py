"""The digest: which kinds are new, have come back or come far more often, as one letter, never one for each error."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from django_headroom.operations.errors.models import OPEN, Group, Hour, State
from django_headroom.operations.errors.storing import store_at
from django_headroom.transactions import writing

MOST_NAMED = 20
SURGE, SURGE_LEAST = 10, 100
"""Ten times as many in an hour as in an hour of the day before it, and a hundred at least, are a surge."""

HOURS_BEFORE = 24


@dataclass(frozen=True)
class Digest:
    """The kinds to tell of: the first twenty of them, and how many they are."""

    groups: list[Group]
    new: int
    regressed: int
    surging: list[Group]
    """Known kinds that come ten times as often as the day before; told once a day at most."""
    keys: list[int]
    """Of all that are new or have come back."""


def take_digest() -> Digest | None:
    """What nobody was told of yet; it counts as told from now on, so that two who ask do not both tell it.

    Returns:
        None if there is no news.
    """
    with writing(store_at()) as alias:
        known = Group.objects.using(alias)
        untold = list(known.untold().select_for_update().order_by("-count", "pk"))
        surging = list(known.filter(pk__in=_surging(alias)).select_for_update().order_by("-count", "pk"))
        keys = [each.pk for each in untold]
        known.filter(pk__in=keys).update(is_told=True)
        known.filter(pk__in=[each.pk for each in surging]).update(surged_at=timezone.now())
    if not untold and not surging:
        return None
    regressed = sum(each.state == State.REGRESSED for each in untold)
    return Digest(untold[:MOST_NAMED], len(untold) - regressed, regressed, surging[:MOST_NAMED], keys)


def give_back(digest: Digest) -> None:
    """A letter that could not be sent: its kinds come into the next one."""
    known = Group.objects.using(store_at())
    known.filter(pk__in=digest.keys).update(is_told=False)
    known.filter(pk__in=[each.pk for each in digest.surging]).update(surged_at=None)


def _surging(alias: str) -> list[int]:
    """Open kinds that were told of before, and come so often in this hour."""
    now = timezone.now()
    hour = int(now.timestamp() // 3_600)
    begun_before = now.replace(minute=0, second=0, microsecond=0)
    hours = Hour.objects.using(alias)
    often = hours.filter(hour=hour, count__gte=SURGE_LEAST, group__state__in=OPEN, group__is_told=True)
    often = often.filter(
        Q(group__surged_at=None) | Q(group__surged_at__lt=now - timedelta(days=1)),
        group__first_at__lt=begun_before,
    )
    counts = dict(often.values_list("group_id", "count"))
    before = hours.filter(group__in=list(counts), hour__lt=hour, hour__gte=hour - HOURS_BEFORE)
    sums = dict(before.values_list("group_id").annotate(total=Sum("count")).order_by())
    return [key for key, count in counts.items() if count * HOURS_BEFORE >= SURGE * sums.get(key, 0)]
