"""What is kept of errors: a row for each kind, its count by hour, whom it touched, and some of them whole."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class State(models.TextChoices):
    """Where a kind of error stands in its life."""

    NEW = "new"
    SEEN = "seen"
    RESOLVED = "resolved"
    REGRESSED = "regressed"
    IGNORED = "ignored"


OPEN = (State.NEW, State.REGRESSED, State.SEEN)


class Groups(models.QuerySet["Group"]):
    """Choices of kinds of errors."""

    def open(self) -> "Groups":
        """Those that somebody has to look at, or is at."""
        return self.filter(state__in=OPEN)

    def untold(self) -> "Groups":
        """Those that are new or have come back since the last digest."""
        return self.filter(is_told=False, state__in=(State.NEW, State.REGRESSED))

    def latest_first(self) -> "Groups":
        return self.order_by("-last_at", "-pk")


class Group(models.Model):
    """One kind of error: the same exceptions raised in the same lines of the same functions."""

    fingerprint = models.CharField(max_length=70, unique=True)
    project = models.CharField(max_length=20, blank=True, default="")
    title = models.CharField(max_length=200)
    message = models.CharField(max_length=500, blank=True, default="")
    culprit = models.CharField(max_length=300, blank=True, default="")
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    # In the order in which the releases showed it; the first and the last of them are told on the page.
    releases = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    state_at = models.DateTimeField(default=timezone.now)
    resolved_in = models.CharField(max_length=100, blank=True, default="")
    ignored_until = models.DateTimeField(null=True)
    ignored_until_count = models.BigIntegerField(null=True)
    # When it was told last that it comes far more often than before.
    surged_at = models.DateTimeField(null=True)
    is_told = models.BooleanField(default=False)

    objects: ClassVar = Groups.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "last_at"], name="errors_by_state"),
            models.Index(fields=["id"], condition=Q(is_told=False), name="errors_untold"),
            models.Index(fields=["last_at"], name="errors_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.title} in {self.culprit}"


class Merged(models.Model):
    """A kind that somebody has found to be the same as another: what is counted of it is counted there."""

    fingerprint = models.CharField(max_length=70, unique=True)
    title = models.CharField(max_length=200)
    culprit = models.CharField(max_length=300, blank=True, default="")
    group = models.ForeignKey(Group, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"{self.title} in {self.culprit}"


class Hour(models.Model):
    """How often a kind was counted in one hour, which is a number of hours since 1970."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE)
    hour = models.IntegerField()
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "hour"], name="errors_hour_once")]

    def __str__(self) -> str:
        return f"{self.count} in hour {self.hour}"


class Touched(models.Model):
    """Somebody, or a tenant, that a kind has touched: by a key from which nobody can be told."""

    class Kind(models.TextChoices):
        PERSON = "person"
        TENANT = "tenant"

    group = models.ForeignKey(Group, on_delete=models.CASCADE)
    kind = models.CharField(max_length=6, choices=Kind)
    key = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "kind", "key"], name="errors_touched_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Occurrence(models.Model):
    """One error whole: its frames with their variables, what led to it, and where."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE)
    event = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)
    release = models.CharField(max_length=100, blank=True, default="")
    body = models.JSONField()

    def __str__(self) -> str:
        return self.event


class Batch(models.Model):
    """Sums that this database has taken in, so that what is sent twice is counted once."""

    number = models.UUIDField(primary_key=True)
    taken_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return str(self.number)
