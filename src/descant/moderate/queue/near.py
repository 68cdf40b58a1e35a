"""One comment seen from near: what stands around it, who wrote it, who has flagged it, what was decided and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils import timezone
from markupsafe import Markup

from descant.discussion.authors import Author
from descant.discussion.deciding.comments import BEFORE
from descant.discussion.judging.origins import mailbox_of
from descant.discussion.models import Appeal, Comment, Decision, Flag
from descant.discussion.reading.shown import comments_in
from descant.discussion.seeing import may_see
from descant.forums.models import Ban, Forum
from descant.moderate.queue.gathering import together
from descant.moderate.queue.reasons import Reason, marked_source, reasons_of
from django_headroom.joins import attach, attach_sets
from django_headroom.replicas import read

NEIGHBOURS = 2
HISTORY = 200
DECISIONS = 10


@dataclass(frozen=True)
class History:
    """What an author has written on this forum before, newest first, and what became of it."""

    comments: Sequence[Comment] = ()
    decisions: Sequence[Decision] = ()  # about them, this one's first
    bans: Sequence[Ban] = ()  # that would meet her, also lifted ones

    @property
    def states(self) -> Mapping[str, int]:
        return Counter(str(comment.state) for comment in self.comments)

    @property
    def has_more(self) -> bool:
        return len(self.comments) >= HISTORY


@dataclass(frozen=True)
class Near:
    """All that a moderator should know before she decides."""

    forum: Forum
    comment: Comment
    viewer: Author
    before: Sequence[Comment] = ()
    after: Sequence[Comment] = ()
    history: History = field(default_factory=History)
    flags: Sequence[Flag] = ()
    appeal: Appeal | None = None

    @property
    def reasons(self) -> Sequence[Reason]:
        return reasons_of(self.comment)

    @property
    def source(self) -> Markup | None:
        return marked_source(self.comment)

    @property
    def verdicts(self) -> list[str]:
        """What can be decided about it now; what was called spam is approved, the rest is restored."""
        state = self.comment.state
        able = [verdict for verdict, states in BEFORE.items() if state in states]
        if state == Comment.State.SHOWN and not self.comment.needs_look:
            able.remove("approve")
        return [verdict for verdict in able if verdict != "restore" or "approve" not in able]

    def sees(self, comment: Comment) -> bool:
        return may_see(comment, self.viewer)


def look_near(forum: Forum, comment_id: int, viewer: Author) -> Near:
    """Everything about one comment.

    Raises:
        Comment.DoesNotExist: there is none of this id on this forum.
    """
    return read(forum.partition, partial(_look, forum, comment_id, viewer))


def _look(forum: Forum, comment_id: int, viewer: Author, alias: str) -> Near:
    comment = _of(Comment, forum, alias).select_related("thread", "parent").get(pk=comment_id)
    parts = [*_neighbours(comment, alias), _by_her(forum, comment, alias)[:HISTORY]]
    before, after, hers = together(alias, Comment, parts)
    flags = list(_of(Flag, forum, alias).filter(comment=comment).order_by("flagged_at", "id")[:50])
    decisions = _decisions(forum, comment, hers, alias)
    appeal = _of(Appeal, forum, alias).filter(comment=comment).first()
    around = [comment, *before, *after, *([comment.parent] if comment.parent else [])]
    attach_sets((around, "author"), (decisions, "by"), missing="none")
    history = History(hers, decisions, _bans(forum, comment))
    before.reverse()
    return Near(forum, comment, viewer, before, after, history, flags, appeal)


def _of(model: Any, forum: Forum, alias: str) -> Any:
    return model.objects.using(alias).filter(forum=forum)


def _neighbours(comment: Comment, alias: str) -> list[Any]:
    """What was shown in the thread just before and after."""
    shown = comments_in(comment.thread_id, alias).shown()
    moment = comment.created_at
    earlier = shown.filter(created_at__lte=moment).exclude(pk__in=[comment.pk, comment.parent_id or 0])
    later = shown.filter(created_at__gt=moment)
    return [
        earlier.order_by("-created_at", "-id")[:NEIGHBOURS],
        later.order_by("created_at", "id")[:NEIGHBOURS],
    ]


def _by_her(forum: Forum, comment: Comment, alias: str) -> Any:
    rows = _of(Comment, forum, alias).order_by("-created_at", "-id")
    if comment.author_id is not None:
        return rows.filter(author=comment.author_id)
    return rows.filter(guest=comment.guest) if comment.guest else rows.filter(pk=comment.pk)


def _decisions(forum: Forum, comment: Comment, hers: Sequence[Comment], alias: str) -> list[Decision]:
    ids = {comment.pk, *(each.pk for each in hers[:50])}
    rows = _of(Decision, forum, alias).filter(comment__in=ids)
    found: list[Decision] = list(rows.order_by("-decided_at", "-id")[:DECISIONS])
    return sorted(found, key=lambda decision: decision.comment_id != comment.pk)


def _bans(forum: Forum, comment: Comment) -> list[Ban]:
    """Bans of this forum, and of all, by what is known of her, also ended ones."""
    author = attach([comment], "author", missing="none")[0].author if comment.author_id else None
    marks = [
        (Ban.Kind.ACCOUNT, str(comment.author_id or "")),
        (Ban.Kind.GUEST, comment.guest),
        (Ban.Kind.EMAIL, mailbox_of(author.known_email() if author else comment.author_email)),
        (Ban.Kind.ADDRESS, comment.origin),
        (Ban.Kind.ADDRESS, comment.origin_range),
    ]
    met = Q()
    for kind, value in marks:
        if value:
            met |= Q(kind=kind, value=value)
    rows = Ban.objects.filter(met, forum=forum) if met else Ban.objects.none()
    return list(rows.order_by("-made_at", "-id")[:10])


def is_in_force(ban: Ban) -> bool:
    """Whether a ban keeps somebody from writing now."""
    return ban.lifted_at is None and (ban.until is None or ban.until > timezone.now())
