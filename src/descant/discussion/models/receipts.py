"""What is kept for a while: answers to requests that may come again, and how fast somebody writes."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from descant.discussion.models.comments import Comment
from descant.discussion.models.rows import OfForum
from django_headroom.partitions import SameTenant


class Receipt(OfForum):
    """The answer kept for an idempotency key: the same request again gets the same comment."""

    key = models.CharField(max_length=64)  # a digest of who asked and the key they sent
    request = models.CharField(max_length=64)  # a digest of what was asked
    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["forum", "key"], name="receipt_once"),
            SameTenant("forum", "comment", name="receipt_of_own_comment"),
        ]

    def __str__(self) -> str:
        return self.key


class Pace(OfForum):
    """How fast one subject writes: the time at which it has used up what it may (the GCRA algorithm)."""

    kept_otherwise: ClassVar = {"subject": "a digest of the forum and of who acts in it"}

    id = None  # the subject is the key: a row is found, made and changed by one statement
    subject = models.CharField(max_length=40, primary_key=True)  # a keyed digest of the forum and who acts
    used_until = models.FloatField()  # seconds since 1970

    def __str__(self) -> str:
        return self.subject
