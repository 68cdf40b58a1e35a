"""Threads, and the names by which pages ask for them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from descant.discussion.models.rows import OfForum
from django_headroom.joins import FarKey
from django_headroom.partitions import SameTenant


class Thread(OfForum):
    """The discussion of one page; its clock is (epoch, version)."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        MERGED = "merged"  # into another, to which this row then leads
        REMOVED = "removed"  # with all that was said in it, and can be put back

    title = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    version = models.BigIntegerField(default=0)
    comments_shown = models.IntegerField(default=0)
    ups = models.IntegerField(default=0, db_default=0)
    downs = models.IntegerField(default=0, db_default=0)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    pinned = models.ForeignKey(
        "Comment", on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    category = FarKey("forums.Category", null=True)  # none: the general one
    category_id: int | None
    created_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=80, blank=True)
    source_id = models.CharField(max_length=300, null=True)  # of the service it came from; null for our own

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "source_id", "source"],
                condition=Q(source_id__isnull=False),
                name="thread_arrived_once",
            ),
            models.UniqueConstraint(fields=["forum", "id"], name="thread_in_forum"),
            SameTenant("forum", "merged_into", name="thread_merged_into_own"),
            SameTenant("forum", "pinned", name="thread_pins_own"),
            models.CheckConstraint(
                condition=Q(comments_shown__gte=0), name="thread_comments_shown_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["forum", "created_at", "id"], name="thread_of_forum"),
            models.Index(fields=["forum", "category", "created_at", "id"], name="thread_of_category"),
            models.Index(fields=["forum"], condition=Q(pinned__isnull=False), name="thread_with_pin"),
        ]

    def __str__(self) -> str:
        return self.title or self.url or f"thread {self.pk}"

    def takes_comments(self) -> bool:
        """Whether anybody may still write here."""
        return self.state == self.State.OPEN


class ThreadAddress(OfForum):
    """A name by which pages ask for a thread: an identifier of the site's own, or a URL."""

    class Kind(models.TextChoices):
        IDENTIFIER = "identifier"
        URL = "url"

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=2000)
    digest = models.CharField(max_length=40)  # of the kind and the value in normal form: what is looked up

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["forum", "digest"], name="address_leads_to_one_thread"),
            SameTenant("forum", "thread", name="address_of_own_thread"),
        ]

    def __str__(self) -> str:
        return self.value
