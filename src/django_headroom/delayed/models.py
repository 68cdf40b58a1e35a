"""The outbox: one row for each event that was said, in the database that the act wrote to."""

import uuid

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """What was said and who still has to hear it; deleted once all have."""

    event_id = models.UUIDField(default=uuid.uuid4, unique=True)
    signal = models.CharField(max_length=100)
    schema = models.PositiveSmallIntegerField()
    payload = models.JSONField()
    said_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    heard_by = models.JSONField(default=list)
    leased_by = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(dead_at=None), name="delayed_due"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.event_id}"
