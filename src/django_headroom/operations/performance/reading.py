"""Reads back what was kept: over time, by route, by release; and the readings of what goes up and down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models, router

from django_headroom.operations.performance.histograms import COLUMNS, percentile
from django_headroom.operations.performance.keeping import NUMBERS
from django_headroom.operations.performance.models import Cost, Gauge


@dataclass
class Figures:
    """Sums of any number of requests, and what follows from them."""

    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(NUMBERS, 0))

    def add(self, row: Mapping[str, Any]) -> None:
        """Bring in a row of sums."""
        for name in NUMBERS:
            self.sums[name] += row[f"sum_{name}"] or 0

    @property
    def n(self) -> int:
        """How many requests."""
        return int(self.sums["n"])

    def each(self, name: str) -> float:
        """What one of them has cost on average, of those that were recorded one by one: "queries", "db_ms" …

        >>> figures.each("queries")
        2.5
        """
        timed = sum(self.sums[column] for column in COLUMNS)
        return self.sums[name] / timed if timed else 0.0

    def below(self, part: float) -> float:
        """The milliseconds in which a part of them was answered: ``below(0.95)``."""
        return percentile([int(self.sums[name]) for name in COLUMNS], part)

    @property
    def hits(self) -> float:
        """How many of a hundred questions to caches were answered there."""
        asked = self.sums["cache_hits"] + self.sums["cache_misses"]
        return 100 * self.sums["cache_hits"] / asked if asked else 0.0


@dataclass(frozen=True)
class Chosen:
    """Which part of what was kept; empty words mean all.

    >>> Chosen(timezone.now() - timedelta(hours=1), kind="request", route="embed/comments/").by("release")
    """

    since: datetime
    kind: str = ""
    route: str = ""
    release: str = ""

    def by(self, *names: str) -> dict[tuple[Any, ...], Figures]:
        """The figures, one for each value of some columns: "kind", "route", "release", "at"."""
        found: dict[tuple[Any, ...], Figures] = {}
        for row in self._summed(names):
            found.setdefault(tuple(row[name] for name in names), Figures()).add(row)
        return found

    def over_time(self, step: timedelta) -> dict[datetime, Figures]:
        """The figures of each step of the time since; those without any are left out."""
        found: dict[datetime, Figures] = {}
        for row in self._summed(("at",)):
            found.setdefault(beginning(row["at"], step), Figures()).add(row)
        return found

    def _summed(self, names: Iterable[str]) -> Iterable[dict[str, Any]]:
        rows = Cost.objects.using(router.db_for_read(Cost)).filter(at__gte=self.since)
        wanted = {"kind": self.kind, "route": self.route, "release": self.release}
        rows = rows.filter(**{name: value for name, value in wanted.items() if value})
        sums = {f"sum_{name}": models.Sum(name) for name in NUMBERS}
        summed: Iterable[dict[str, Any]] = rows.order_by(*names).values(*names).annotate(**sums)
        return summed


def readings(since: datetime, step: timedelta) -> dict[str, dict[str, dict[datetime, float]]]:
    """What was read by name and label, averaged over each step."""
    rows = Gauge.objects.using(router.db_for_read(Gauge)).filter(at__gte=since)
    sums: dict[tuple[str, str, datetime], list[float]] = {}
    for name, label, at, n, total in rows.order_by("name", "label", "at").values_list(
        "name", "label", "at", "n", "total"
    ):
        one = sums.setdefault((name, label, beginning(at, step)), [0, 0.0])
        one[0] += n
        one[1] += total
    found: dict[str, dict[str, dict[datetime, float]]] = {}
    for (name, label, at), (count, value) in sums.items():
        found.setdefault(name, {}).setdefault(label, {})[at] = value / count
    return found


def releases(since: datetime) -> dict[datetime, str]:
    """When each release was first at work; the one that was there from the beginning is left out."""
    rows = Cost.objects.using(router.db_for_read(Cost)).filter(at__gte=since)
    first = rows.values_list("release").annotate(first=models.Min("at")).order_by("first", "release")
    return {at: release for release, at in list(first)[1:]}


def beginning(at: datetime, step: timedelta) -> datetime:
    """When the step began that a time belongs to."""
    seconds = step.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)
