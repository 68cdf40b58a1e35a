"""How often keys are used: a program's request costs no query; a worker brings it into the row, and into its hour."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.utils import timezone

from descant.forums.models import Key, KeyHour
from django_headroom.counters.kinds import Buffered
from django_headroom.transactions import writing
from django_headroom.updates import claim, step

GLOBAL = "default"
DAYS_KEPT = 30
AT_A_TIME = 500

key_uses = Buffered("forums.Key", "uses", gathered=True)


@dataclass(frozen=True)
class Usage:
    """How often a key was used: today, in the last seven days, in all; a minute late."""

    today: int
    week: int
    ever: int
    last_at: datetime | None


def note_uses(now: datetime | None = None) -> int:
    """Put what the rows of keys have counted since the last time into the hour of now; to be called every minute or so.

    Returns:
        Of how many keys: of two who do it at once, each notes a key's uses or the other does.
    """
    now = now or timezone.now()
    noted = 0
    for key in Key.objects.exclude(uses=F("uses_noted")).order_by("made_at", "id")[:AT_A_TIME]:
        with writing(GLOBAL):
            when = {"uses_noted": key.uses_noted}
            more = key.uses - key.uses_noted
            if not claim(key, when=when, uses_noted=key.uses, used_at=now):
                continue
            hour, _ = KeyHour.objects.get_or_create(key=key, began_at=_hour(now))
            step(hour, uses=more)
            noted += 1
    return noted


def forget_hours(now: datetime | None = None) -> int:
    """Drop the hours that nobody asks for any more."""
    old = KeyHour.objects.filter(began_at__lt=(now or timezone.now()) - timedelta(days=DAYS_KEPT + 1))
    with writing(GLOBAL):
        return int(old.delete()[0])


def usage_of(keys: Iterable[Key]) -> dict[int, Usage]:
    """How often each was used, by its id; one query for all."""
    every, now = list(keys), timezone.now()
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    week = today - timedelta(days=6)
    rows = KeyHour.objects.filter(key__in=[key.pk for key in every], began_at__gte=week)
    of_today: Counter[int] = Counter()
    of_week: Counter[int] = Counter()
    for key_id, began_at, uses in rows.values_list("key_id", "began_at", "uses"):
        of_week[key_id] += uses
        of_today[key_id] += uses if began_at >= today else 0
    return {key.pk: Usage(of_today[key.pk], of_week[key.pk], key.uses, key.used_at) for key in every}


def uses_by_time(key: Key, *, days: int, step: timedelta) -> list[tuple[datetime, int]]:
    """How often a key was used in each day or hour of the last days, of today the last; the empty ones as well.

    Args:
        days: how many, today among them; DAYS_KEPT at most.
        step: a day or an hour.
    """
    now = timezone.now()
    first = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    uses: Counter[int] = Counter()
    rows = KeyHour.objects.filter(key=key, began_at__gte=first)
    for began_at, count in rows.values_list("began_at", "uses"):
        uses[(began_at - first) // step] += count
    return [(first + number * step, uses[number]) for number in range((now - first) // step + 1)]


def _hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
