"""The slow statements of some time, from the dearest on: how often, how long, from where, and which are new."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import router

from django_headroom.conf import headroom
from django_headroom.operations.performance.histograms import COLUMNS, percentile
from django_headroom.operations.performance.models import SlowCost, Statement


@dataclass
class SlowStatement:
    """One statement on one database, over all its places."""

    statement: Statement
    is_new: bool
    """Whether it was first slow in the release that runs now, and others have run before."""
    n: int = 0
    failed: int = 0
    ms: float = 0.0
    worst_ms: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * len(COLUMNS))
    places: dict[tuple[str, str], int] = field(default_factory=dict)
    """(route, line) -> how often."""

    @property
    def p95_ms(self) -> float:
        """Below which 95 of 100 of the slow ones were."""
        return min(self.worst_ms, percentile(self.counts, 0.95))


def slow_statements(since: datetime, *, database: str = "", route: str = "") -> list[SlowStatement]:
    """What was slow since a time, on all databases and replicas, or on one; from all routes, or from one.

    >>> for slow in slow_statements(timezone.now() - timedelta(days=1)):
    ...     print(slow.n, slow.p95_ms, slow.statement.wording)
    """
    rows = SlowCost.objects.using(router.db_for_read(SlowCost)).filter(at__gte=since)
    if database:
        rows = rows.filter(statement__database=database)
    if route:
        rows = rows.filter(route=route)
    found: dict[int, SlowStatement] = {}
    is_first = not _others()
    for row in rows.select_related("statement").order_by("at", "pk"):
        is_new = not is_first and row.statement.first_release == headroom().release
        slow = found.setdefault(row.statement_id, SlowStatement(row.statement, is_new))
        slow.n += row.n
        slow.failed += row.failed
        slow.ms += row.ms
        slow.worst_ms = max(slow.worst_ms, row.worst_ms)
        slow.counts = [count + getattr(row, name) for count, name in zip(slow.counts, COLUMNS, strict=True)]
        place = (row.route, row.place)
        slow.places[place] = slow.places.get(place, 0) + row.n
    return sorted(found.values(), key=lambda each: (-each.ms, each.statement.pk))


def _others() -> bool:
    """Whether anything was slow in another release."""
    kept = SlowCost.objects.using(router.db_for_read(SlowCost))
    return kept.exclude(release=headroom().release).exists()
