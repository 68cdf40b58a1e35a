"""Dead letters: events that were tried in vain, seen with their tracebacks, replayed or dropped; and how many wait."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from django_headroom.delayed.models import AT_ONCE, Event, Lane


@dataclass(frozen=True)
class Waiting:
    """What waits in one lane of one database."""

    alias: str
    lane: Lane
    events: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True)
class Queue:
    """What one database has of one signal in one lane, for all of its receivers or for ``only`` one."""

    alias: str
    lane: Lane
    signal: str
    only: str
    due: int
    later: int
    """Tried in vain, or not due before some other time."""
    dead: int
    oldest: datetime | None
    """When the first of those that are due was said."""


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


def queues(alias: str) -> list[Queue]:
    """What waits in one database, lane by lane, signal by signal, and for whom; by one statement that reads all of it.

    >>> sum(queue.due for queue in queues("p1") if queue.lane == Lane.HIGH)
    """
    is_dead, is_later = ~Q(dead_at=None), Q(due_at__gt=timezone.now())
    is_due = ~is_dead & ~is_later
    rows = Event.objects.using(alias).values("lane", "signal", "only").order_by("lane", "signal", "only")
    counted = rows.annotate(
        due=Count("pk", filter=is_due),
        later=Count("pk", filter=~is_dead & is_later),
        dead=Count("pk", filter=is_dead),
        oldest=Min("said_at", filter=is_due),
    )
    return [Queue(alias, Lane(row.pop("lane")), **row) for row in cast(Any, counted)]


def _chosen(alias: str, keys: Collection[int] | None) -> QuerySet[Event]:
    letters = Event.objects.using(alias).exclude(dead_at=None)
    return letters if keys is None else letters.filter(pk__in=keys)
