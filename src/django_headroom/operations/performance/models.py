"""What is kept for a week: what each route has cost, which statements were slow, how full and how late things were."""

from django.db import models
from django.utils import timezone

from django_headroom.operations.performance.histograms import COLUMNS

ROUTE_LONGEST, RELEASE_LONGEST, PLACE_LONGEST = 200, 60, 200


class Cost(models.Model):
    """What one route has cost in one release, over a minute or, when that was long ago, an hour."""

    at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    route = models.CharField(max_length=ROUTE_LONGEST)
    release = models.CharField(max_length=RELEASE_LONGEST)
    n = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    stale = models.PositiveBigIntegerField(default=0)
    wall_ms = models.FloatField(default=0.0)
    cpu_ms = models.FloatField(default=0.0)
    queries = models.PositiveBigIntegerField(default=0)
    db_ms = models.FloatField(default=0.0)
    calls = models.PositiveBigIntegerField(default=0)
    calls_ms = models.FloatField(default=0.0)
    cache_hits = models.PositiveBigIntegerField(default=0)
    cache_misses = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["at", "seconds", "kind", "route", "release"], name="performance_cost_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.route} at {self.at}"


class Statement(models.Model):
    """A statement that was slow at least once, without its values."""

    database = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=32)
    wording = models.TextField()
    plan = models.TextField(blank=True, default="")
    first_at = models.DateTimeField(default=timezone.now)
    first_release = models.CharField(max_length=RELEASE_LONGEST, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["database", "fingerprint"], name="performance_statement_once")
        ]

    def __str__(self) -> str:
        return f"{self.database}: {self.wording}"


class SlowCost(models.Model):
    """How often and how long a statement was slow in an hour, from one line of the project, in one release."""

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE)
    at = models.DateTimeField(db_index=True)
    release = models.CharField(max_length=RELEASE_LONGEST)
    route = models.CharField(max_length=ROUTE_LONGEST)
    place = models.CharField(max_length=PLACE_LONGEST)
    n = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    ms = models.FloatField(default=0.0)
    worst_ms = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "at", "release", "route", "place"], name="performance_slow_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} at {self.at}"


class Gauge(models.Model):
    """What was read from something that goes up and down: of several readings in a minute the sum, and how many."""

    at = models.DateTimeField()
    name = models.CharField(max_length=60)
    label = models.CharField(max_length=100, blank=True, default="")
    n = models.PositiveIntegerField(default=0)
    total = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["at", "name", "label"], name="performance_gauge_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.label} at {self.at}"


for _column in COLUMNS:
    for _model in (Cost, SlowCost):
        _model.add_to_class(_column, models.PositiveBigIntegerField(default=0))
