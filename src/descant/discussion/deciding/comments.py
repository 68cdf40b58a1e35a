"""Comments approved, called spam, hidden, deleted, restored, and edited in their author's place."""

import uuid
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.discussion import signals, text
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.posting import NoText, Refused
from descant.discussion.tree import counting
from descant.forums.caches.purging import purge_surely
from descant.forums.caches.surrogates import thread_tag
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim

AFTER = {
    "approve": Comment.State.SHOWN,
    "restore": Comment.State.SHOWN,
    "hide": Comment.State.HIDDEN,
    "spam": Comment.State.SPAM,
    "delete": Comment.State.DELETED,
}

# What may become what. What is shown and was flagged is approved by being left as it is.
_SEEN_OR_HELD = {Comment.State.SHOWN, Comment.State.WAITING}
BEFORE = {
    "approve": {*_SEEN_OR_HELD, Comment.State.SPAM},
    "restore": {Comment.State.HIDDEN, Comment.State.SPAM, Comment.State.DELETED},
    "hide": _SEEN_OR_HELD,
    "spam": {*_SEEN_OR_HELD, Comment.State.HIDDEN},
    "delete": {*_SEEN_OR_HELD, Comment.State.HIDDEN, Comment.State.SPAM},
}


class NoSuchVerdict(Refused):
    code = "no_such_verdict"


def decide(
    *,
    forum: Forum,
    comments: Iterable[Comment],
    verdict: str,
    by: Author,
    reason: str = "",
    batch: uuid.UUID | None = None,
) -> int:
    """Decide about comments of one forum, one or five hundred.

    Args:
        comments: with their threads; they take their new states.
        batch: what the decisions are to be undone by; several calls may share one.

    Returns:
        How many changed: of two moderators who decide the same at once, one is told 0.

    Raises:
        NotAModerator, NoSuchVerdict, SwitchedOff
    """
    check_may(by, "decide", forum)
    if verdict not in AFTER:
        raise NoSuchVerdict(
            _("A verdict is one of these: %(verdicts)s.") % {"verdicts": ", ".join(sorted(AFTER))}
        )
    decision = _Deciding(verdict, by, reason, batch or uuid.uuid4())
    changed = 0
    for _thread_id, of_thread in groupby(sorted(comments, key=_place), key=lambda comment: comment.thread_id):
        with writing(forum) as alias:
            found = list(of_thread)
            counting.hold(found[0])
            for comment in found:
                comment.thread = found[0].thread
                changed += decision.on(alias, comment)
    return changed


def edit_for_author(*, forum: Forum, comment: Comment, source: str, by: Author, reason: str = "") -> bool:
    """Put another text in the place of a comment's, marked as edited; the old one is kept with the decision.

    Returns:
        Whether it was done; not if somebody else has changed the comment meanwhile.

    Raises:
        NotAModerator, NoText, SwitchedOff
    """
    check_may(by, "decide", forum)
    source = text.plain(source).strip()
    if not source:
        raise NoText(_("An empty comment cannot be kept: delete it instead."))
    held = {name: getattr(comment, name) for name in ("text", "format")}
    columns = {"text": source, "format": Comment.Format.MARKDOWN, "edited_at": timezone.now()}
    with writing(forum) as alias:
        done = rewrite(comment, held, columns)
        if done:
            decision = _Deciding("edit", by, reason, uuid.uuid4())
            decision.write(
                alias, comment, before=comment.state, after=comment.state, kept={**held, "now": source}
            )
            signals.comment_changed.say(at=alias, **signals.told(comment))
    return done


def rewrite(comment: Comment, held: dict[str, Any], columns: dict[str, Any]) -> bool:
    """Change a comment's text if it is still what ``held`` says; readers see it by the thread's new version."""
    counting.hold(comment)
    html = text.render(columns["text"], columns["format"])
    when = {**held, "thread": comment.thread_id}
    if not claim(comment, when=when, **columns, html=html, html_version=text.RULES_VERSION):
        return False
    if comment.is_shown:
        counting.show_otherwise(comment)
    return True


class _Deciding:
    """One verdict of one person, written down for each comment."""

    def __init__(self, verdict: str, by: Author, reason: str, batch: uuid.UUID) -> None:
        self.verdict, self.by, self.reason, self.batch = verdict, by, reason[:500], batch

    def on(self, alias: str, comment: Comment) -> int:
        before, after = str(comment.state), AFTER[self.verdict]
        if before not in BEFORE[self.verdict] or (before == Comment.State.DELETED and _is_withdrawn(comment)):
            return 0
        if before == after and not comment.needs_look:
            return 0
        kept = {"needs_look": comment.needs_look, "flags": comment.flags}
        when = {"state": before, "needs_look": comment.needs_look, "thread": comment.thread_id}
        if not claim(comment, when=when, state=after, needs_look=False, flags=0):
            return 0
        counting.show_or_hide(comment, was_shown=before == Comment.State.SHOWN)
        self.write(alias, comment, before=before, after=str(after), kept=kept)
        signals.comment_changed.say(at=alias, **signals.told(comment))
        return 1

    def write(self, alias: str, comment: Comment, *, before: str, after: str, kept: dict[str, Any]) -> None:
        row = Decision(comment=comment, verdict=self.verdict, before=before, after=after, reason=self.reason)
        row.forum_id, row.by, row.batch, row.kept = comment.forum_id, self.by.user, self.batch, kept
        row.save(force_insert=True, using=alias)


def write_about_thread(alias: str, thread: Thread, by: Author, **columns: Any) -> None:
    """Write down a decision about a whole thread."""
    row = Decision(thread=thread, **columns)
    row.forum_id, row.by = thread.forum_id, by.user
    row.save(force_insert=True, using=alias)
    purge_surely(thread_tag(thread.pk), at=alias, forum_id=thread.forum_id)


def _is_withdrawn(comment: Comment) -> bool:
    """Whether it was her who deleted it: nobody brings that back."""
    return bool(withdrawn(Decision.objects.of(comment.forum_id), [comment]))


def withdrawn(decisions: QuerySet[Decision], deleted: Iterable[Comment]) -> set[int]:
    """Which of some deleted comments were deleted by their authors: no decision of a moderator did it."""
    told = decisions.filter(comment__in=deleted).order_by("decided_at", "id")
    last = dict(told.values_list("comment_id", "after"))
    return {comment.pk for comment in deleted if last.get(comment.pk) != Comment.State.DELETED}


def _place(comment: Comment) -> tuple[int, int]:
    return comment.thread_id, comment.pk
