"""What delayed signals keep, in each database: the outbox, who has heard, what runs when, how far walks have come."""

import os
import time
import uuid
from datetime import UTC, datetime

from django.db import models
from django.utils import timezone

# Due from the start, whatever the clocks of those say who write and who read.
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)


def time_ordered_id() -> uuid.UUID:
    """A random id that begins with the time (UUID version 7): new ones stand together at the end of an index."""
    ms, chance = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10))
    ordered = (
        (ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    )
    return uuid.UUID(int=ordered)


class Lane(models.IntegerChoices):
    """How urgent it is; each lane has threads of its own in a worker."""

    HIGH = 0
    LOW = 1
    BULK = 2


class Event(models.Model):
    """What was said and who still has to hear it; deleted once all have.

    Whoever cannot hear it now gets a row of his own (``only``), with its tries, its next time and its traceback.
    """

    event_id = models.UUIDField(default=time_ordered_id, db_index=True)
    signal = models.CharField(max_length=100)
    schema = models.PositiveSmallIntegerField()
    payload = models.JSONField()
    said_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=AT_ONCE)
    tries = models.PositiveSmallIntegerField(default=0)
    heard_by = models.JSONField(default=list)
    leased_by = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")
    lane = models.PositiveSmallIntegerField(choices=Lane, default=Lane.LOW, db_default=Lane.LOW)
    tenant = models.BigIntegerField(default=0, db_default=0)
    sender = models.CharField(max_length=100, blank=True, default="", db_default="")
    order_key = models.CharField(max_length=100, blank=True, default="", db_default="")
    only = models.CharField(max_length=100, blank=True, default="", db_default="")
    channel = models.CharField(max_length=30, blank=True, default="", db_default="")
    meta = models.JSONField(default=dict, db_default={})  # what was taken along (see ``surrounding``)

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "due_at", "channel", "tenant", "id"],
                condition=models.Q(dead_at=None),
                name="delayed_due_in_turn",
            ),
            models.Index(
                fields=["order_key", "id"],
                condition=models.Q(dead_at=None) & ~models.Q(order_key=""),
                name="delayed_in_order",
            ),
            models.Index(fields=["dead_at", "id"], condition=~models.Q(dead_at=None), name="delayed_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.event_id}"


class Heard(models.Model):
    """That a receiver has acted on an event: written with what it did, so both are there or neither."""

    event_id = models.UUIDField()
    receiver = models.CharField(max_length=100)
    outbox = models.CharField(max_length=100)
    heard_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "receiver"], name="delayed_heard_once")]

    def __str__(self) -> str:
        return f"{self.receiver} has heard {self.event_id}"


class Job(models.Model):
    """A scheduled job: when it is due, who runs it now, when it last went well."""

    name = models.CharField(max_length=100, unique=True)
    due_at = models.DateTimeField(default=AT_ONCE)
    owner = models.UUIDField(null=True)
    owned_until = models.DateTimeField(null=True)
    since = models.DateTimeField(default=timezone.now)
    succeeded_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name


class Walk(models.Model):
    """How far a bulk walk has come, in the database that it changes."""

    name = models.CharField(max_length=100, unique=True)
    token = models.TextField(blank=True, default="")
    walked = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.walked}"
