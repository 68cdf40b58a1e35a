"""Comments."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from descant.discussion.models.rows import OfForum, OfForumQuerySet
from descant.discussion.models.threads import Thread
from descant.discussion.tree.path_field import PathField
from django_headroom.joins import FarKey
from django_headroom.partitions import SameTenant

# Before what is no id of its service's own kind, but all by which a comment is known: a text, or WordPress's id in one.
TEXT_ID = "id:"
WORDPRESS_ID = "wp_id="
OF_DESCANT = "descant"  # the source of what was said on another site of Descant's, under its id there
SHADOW_BAN = "shadow_ban"  # the one reason of what somebody wrote who does not know that she is banned


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

    thread = models.ForeignKey(
        Thread, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

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
    reasons = models.JSONField(default=list)  # why it waits or is looked at: see `judging.rules.book`
    flags = models.PositiveIntegerField(default=0)  # how many people have flagged it
    needs_look = models.BooleanField(
        default=False
    )  # shown, and flagged or marked by a rule since the last decision
    origin = models.CharField(max_length=40, blank=True)  # a keyed digest of the address it came from
    origin_range = models.CharField(max_length=40, blank=True)  # and of the neighbourhood of that address
    flood = models.BigIntegerField(null=True)  # what it is one of many alike of
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
            models.UniqueConstraint(fields=["forum", "id"], name="comment_in_forum"),
            SameTenant("forum", "thread", name="comment_of_own_thread"),
            SameTenant("forum", "parent", name="comment_of_own_parent"),
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
                fields=["forum", "created_at", "id"], condition=Q(needs_look=True), name="comment_to_look_at"
            ),
            models.Index(
                fields=["forum", "flood"], condition=Q(flood__isnull=False), name="comment_of_flood"
            ),
            models.Index(
                fields=["forum", "author", "created_at", "id"],
                condition=Q(author__isnull=False),
                name="comment_of_author",
            ),
            models.Index(
                fields=["forum", "guest", "created_at", "id"], condition=~Q(guest=""), name="comment_of_guest"
            ),
            models.Index(
                fields=["thread", "version"], condition=Q(version__isnull=False), name="comment_changed"
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def anchor(self) -> str:
        """What stands after ``#`` in its own link; no service that it may come from writes links like this."""
        return f"descant-{self.id}"

    @property
    def is_shown(self) -> bool:
        return bool(self.state == _SHOWN)

    @property
    def shown_name(self) -> str:
        """The name to show: an attached account's of today, else the one that was signed with."""
        author = self._state.fields_cache.get("author")
        return str(author) if author else self.author_name


_SHOWN = Comment.State.SHOWN.value  # asked for each comment of each page: an Enum takes its time
