"""What moderators have decided: rows are only added."""

import uuid

from django.db import models
from django.utils import timezone

from descant.discussion.models.comments import Comment
from descant.discussion.models.rows import OfForum
from descant.discussion.models.threads import Thread
from django_headroom.joins import FarKey
from django_headroom.partitions import SameTenant


class Decision(OfForum):
    """What somebody decided about a comment or a thread, when and why.

    Decisions of one act have one batch, and are undone together by a batch of their own.
    """

    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    thread = models.ForeignKey(  # of one about a thread
        Thread, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    by = FarKey("accounts.User", null=True)
    by_id: int | None
    verdict = models.CharField(max_length=10)
    before = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    kept = models.JSONField(default=dict)  # what was before, as far as the states do not tell it
    batch = models.UUIDField(default=uuid.uuid4)
    undoes = models.UUIDField(null=True)  # the batch that this one takes back
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            SameTenant("forum", "comment", name="decision_on_own_comment"),
            SameTenant("forum", "thread", name="decision_on_own_thread"),
        ]
        indexes = [
            models.Index(fields=["forum", "batch"], name="decision_of_batch"),
            models.Index(
                fields=["forum", "undoes"], name="decision_undoes", condition=models.Q(undoes__isnull=False)
            ),
            models.Index(fields=["forum", "decided_at", "id"], name="decision_of_forum"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {f'comment {self.comment_id}' if self.comment_id else f'thread {self.thread_id}'}"


class Moved(OfForum):
    """A comment or an address that went to another thread when two were merged: what leads it back."""

    batch = models.UUIDField()
    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    address_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [SameTenant("forum", "comment", name="moved_own_comment")]
        indexes = [models.Index(fields=["forum", "batch"], name="moved_in_batch")]

    def __str__(self) -> str:
        return f"moved in {self.batch}"


class Appeal(OfForum):
    """An author's word against a decision about her comment; one for each comment, answered once."""

    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    said = models.CharField(max_length=1000)
    made_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment"], name="appeal_once"),
            SameTenant("forum", "comment", name="appeal_about_own_comment"),
        ]
        indexes = [
            models.Index(
                fields=["forum", "made_at", "id"],
                condition=models.Q(answered_at=None),
                name="appeal_to_answer",
            )
        ]

    def __str__(self) -> str:
        return f"appeal about comment {self.comment_id}"
