"""Dead letters: events that were tried in vain, seen with their tracebacks, replayed or dropped; and how many wait."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from django_headroom.delayed.models import AT_ONCE, Event, Lane


@dataclass(frozen=True)
class Waiting:
    """What waits in one lane of one database."""

    alias: str
    lane: Lane
    events: int
    dead: int
    oldest: datetime | None


def dead_letters(alias: str) -> QuerySet[Event]:
    """The dead of one database, the latest first, each with ``signal``, ``payload``, ``only``, ``tries``, ``error``.

    >>> [letter.error for letter in dead_letters("p1")[:10]]
    """
    return Event.objects.using(alias).exclude(dead_at=None).order_by("-dead_at", "-id")


def replay(alias: str, keys: Collection[int] | None = None) -> int:
    """Have dead letters told again, at once and as often as at first; all of them if none are named.

    Returns:
        How many.
    """
    return _chosen(alias, keys).update(
        dead_at=None, due_at=AT_ONCE, tries=0, leased_by=None, leased_until=None
    )


def drop(alias: str, keys: Collection[int] | None = None) -> int:
    """Delete dead letters; all of them if none are named.

    Returns:
        How many.
    """
    return _chosen(alias, keys).delete()[0]


def waiting(aliases: Iterable[str]) -> list[Waiting]:
    """How many events there are, how many of them are dead, and since when the oldest waits, by database and lane."""
    found = []
    for alias in aliases:
        rows = Event.objects.using(alias).values("lane").order_by("lane")
        alive = {
            row["lane"]: row for row in rows.filter(dead_at=None).annotate(n=Count("pk"), at=Min("said_at"))
        }
        dead = {row["lane"]: row["n"] for row in rows.exclude(dead_at=None).annotate(n=Count("pk"))}
        for lane in Lane:
            row = alive.get(lane)
            events, oldest = (row["n"], row["at"]) if row else (0, None)
            found.append(Waiting(alias, lane, events, dead.get(lane, 0), oldest))
    return found


def _chosen(alias: str, keys: Collection[int] | None) -> QuerySet[Event]:
    letters = Event.objects.using(alias).exclude(dead_at=None)
    return letters if keys is None else letters.filter(pk__in=keys)
