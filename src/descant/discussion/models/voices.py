"""What people say of comments and threads: votes and flags."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from descant.discussion.models.comments import Comment
from descant.discussion.models.rows import OfForum
from descant.discussion.models.threads import Thread
from django_headroom.partitions import SameTenant


class Vote(OfForum):
    """One person's vote on one comment; a guest's counts once per address as well."""

    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    voter = models.CharField(max_length=42)  # "u7" an account, "g…" a guest
    address_mark = models.CharField(max_length=40, null=True)  # keyed, of comment and address; guests only
    value = models.SmallIntegerField()
    cast_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "voter"], name="vote_once"),
            models.UniqueConstraint(fields=["comment", "address_mark"], name="vote_once_per_address"),
            models.CheckConstraint(condition=Q(value__in=(-1, 1)), name="vote_up_or_down"),
            SameTenant("forum", "comment", name="vote_on_own_comment"),
        ]

    def __str__(self) -> str:
        return f"{self.voter}: {self.value:+d}"


class ThreadVote(OfForum):
    """One account's vote on a whole thread, by a program; pages show none."""

    thread = models.ForeignKey(
        Thread, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    voter = models.CharField(max_length=42)  # "u7", as a vote's
    value = models.SmallIntegerField()
    cast_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "voter"], name="thread_vote_once"),
            models.CheckConstraint(condition=Q(value__in=(-1, 1)), name="thread_vote_up_or_down"),
            SameTenant("forum", "thread", name="thread_vote_on_own_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.voter}: {self.value:+d}"


class Flag(OfForum):
    """One person's call for a moderator, once for each comment; a guest's counts once per address as well."""

    class Reason(models.TextChoices):
        SPAM = "spam"
        ABUSE = "abuse"
        PRIVATE = "private"
        OFF_TOPIC = "off_topic"
        OTHER = "other"

    comment = models.ForeignKey(
        Comment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    flagger = models.CharField(max_length=42)  # as a vote's voter
    address_mark = models.CharField(max_length=40, null=True)  # keyed, of comment and address; guests only
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=500, blank=True)
    flagged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "flagger"], name="flag_once"),
            models.UniqueConstraint(fields=["comment", "address_mark"], name="flag_once_per_address"),
            SameTenant("forum", "comment", name="flag_of_own_comment"),
        ]

    def __str__(self) -> str:
        return f"{self.flagger}: {self.reason}"
