"""Threads, comments and what is done to them; every row lives in the partition of its forum."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from descant.discussion.tree.path_field import PathField
from django_headroom.identity import Mapped, MappedQuerySet
from django_headroom.joins import FarKey
from django_headroom.partitions import Partitioned, PartitionedQuerySet

# Before what is no id of its service's own kind, but all by which a comment is known: a text, or WordPress's id in one.
TEXT_ID = "id:"
WORDPRESS_ID = "wp_id="


class OfForumQuerySet(MappedQuerySet, PartitionedQuerySet):  # type: ignore[override]  # of as_manager()
    """Rows of a forum."""


class OfForum(Mapped, Partitioned):
    """A row that belongs to a forum."""

    partition_key: ClassVar[str] = "forum_id"

    forum = FarKey("forums.Forum")
    forum_id: int

    objects: ClassVar = OfForumQuerySet.as_manager()  # type: ignore[assignment]  # narrower than Partitioned's

    class Meta:
        abstract = True


class Thread(OfForum):
    """The discussion of one page; its clock is (epoch, version)."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    title = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    version = models.BigIntegerField(default=0)
    comments_shown = models.IntegerField(default=0)
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
            models.CheckConstraint(
                condition=Q(comments_shown__gte=0), name="thread_comments_shown_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["forum", "created_at", "id"], name="thread_of_forum")]

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

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=2000)
    digest = models.CharField(max_length=40)  # of the kind and the value in normal form: what is looked up

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["forum", "digest"], name="address_leads_to_one_thread")
        ]

    def __str__(self) -> str:
        return self.value


class CommentQuerySet(OfForumQuerySet):  # type: ignore[override]  # of as_manager()
    """Choices of comments."""

    def shown(self) -> Self:
        """Those that everybody may read."""
        return self.filter(state=Comment.State.SHOWN)

    def drawn(self) -> Self:
        """Those that stand on a page: shown ones, and hidden ones that have replies, as a mark."""
        return self.filter(drawn=Value(True))


class Comment(OfForum):
    """What somebody said. Rows never leave: what is hidden or deleted is blanked where it is shown."""

    class State(models.TextChoices):
        SHOWN = "shown"
        WAITING = "waiting"
        SPAM = "spam"
        HIDDEN = "hidden"
        DELETED = "deleted"

    class Format(models.TextChoices):
        MARKDOWN = "markdown"
        HTML = "html"

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="+", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    author = FarKey("accounts.User", null=True)
    author_id: int | None
    guest = models.CharField(max_length=40, blank=True)
    author_name = models.CharField(max_length=80, blank=True)
    author_email = models.CharField(max_length=254, blank=True)
    author_url = models.CharField(max_length=500, blank=True)

    text = models.TextField()
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.MARKDOWN)
    html = models.TextField(blank=True)
    html_version = models.PositiveSmallIntegerField(default=0)

    state = models.CharField(max_length=10, choices=State.choices, default=State.SHOWN)
    marked_spam = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(null=True)

    ups = models.IntegerField(default=0)
    downs = models.IntegerField(default=0)
    score = models.FloatField(default=0)

    level = models.PositiveSmallIntegerField(default=0)
    path = PathField(default=b"")
    replies = models.IntegerField(default=0)  # shown ones, as `tree.paths.counted_in` says
    drawn = models.BooleanField(default=True)

    source = models.CharField(max_length=80, blank=True)
    source_id = models.CharField(max_length=100, null=True)  # of the service it came from; null for our own

    objects: ClassVar = CommentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["forum", "source_id", "source"],
                condition=Q(source_id__isnull=False),
                name="comment_arrived_once",
            ),
        ]
        indexes = [
            models.Index(fields=["thread", "drawn", "path"], name="comment_reading_order"),
            models.Index(
                fields=["thread", "drawn", "created_at", "id"],
                condition=Q(parent=None),
                name="comment_top_by_time",
            ),
            models.Index(
                fields=["thread", "drawn", "score", "id"],
                condition=Q(parent=None),
                name="comment_top_by_score",
            ),
            models.Index(fields=["thread", "state", "created_at", "id"], name="comment_of_thread"),
            models.Index(fields=["forum", "state", "created_at", "id"], name="comment_of_forum"),
            models.Index(
                fields=["thread", "version"], condition=Q(version__isnull=False), name="comment_changed"
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def anchor(self) -> str:
        """What stands after ``#`` in its own link; no service that it may come from writes links like this."""
        return f"descant-{self.pk}"

    @property
    def is_shown(self) -> bool:
        return bool(self.state == self.State.SHOWN)

    @property
    def shown_name(self) -> str:
        """The name to show: an attached account's of today, else the one that was signed with."""
        author = self._state.fields_cache.get("author")
        return str(author) if author else self.author_name


class Vote(OfForum):
    """One person's vote on one comment; a guest's counts once per address as well."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+", db_index=False)
    voter = models.CharField(max_length=42)  # "u7" an account, "g…" a guest
    address_mark = models.CharField(max_length=40, null=True)  # keyed, of comment and address; guests only
    value = models.SmallIntegerField()
    cast_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "voter"], name="vote_once"),
            models.UniqueConstraint(fields=["comment", "address_mark"], name="vote_once_per_address"),
            models.CheckConstraint(condition=Q(value__in=(-1, 1)), name="vote_up_or_down"),
        ]

    def __str__(self) -> str:
        return f"{self.voter}: {self.value:+d}"


class Decision(OfForum):
    """What somebody decided about a comment, when and why; rows are only added."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+")
    by = FarKey("accounts.User", null=True)
    by_id: int | None
    verdict = models.CharField(max_length=10)
    before = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.verdict} of comment {self.comment_id}"


class Receipt(OfForum):
    """The answer kept for an idempotency key: the same request again gets the same comment."""

    key = models.CharField(max_length=64)  # a digest of who asked and the key they sent
    request = models.CharField(max_length=64)  # a digest of what was asked
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+", db_index=False)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "key"], name="receipt_once")]

    def __str__(self) -> str:
        return self.key


class Pace(OfForum):
    """How fast one subject writes: the time at which it has used up what it may (the GCRA algorithm)."""

    id = None  # the subject is the key: a row is found, made and changed by one statement
    subject = models.CharField(max_length=40, primary_key=True)  # a keyed digest of the forum and who acts
    used_until = models.FloatField()  # seconds since 1970

    def __str__(self) -> str:
        return self.subject
