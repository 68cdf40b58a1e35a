"""What moderators decide: comments hidden, restored, approved or called spam; threads closed and opened again."""

from collections.abc import Iterable
from itertools import groupby

from django.utils.translation import gettext as _

from descant.discussion import signals
from descant.discussion.authors import Author
from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.posting import Refused
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import change, claim

AFTER = {
    "approve": Comment.State.SHOWN,
    "restore": Comment.State.SHOWN,
    "hide": Comment.State.HIDDEN,
    "spam": Comment.State.SPAM,
    "delete": Comment.State.DELETED,
}

# What may become what: nobody brings back what its author has deleted.
_SEEN_OR_HELD = {Comment.State.SHOWN, Comment.State.WAITING}
BEFORE = {
    "approve": {Comment.State.WAITING, Comment.State.SPAM},
    "restore": {Comment.State.HIDDEN, Comment.State.SPAM},
    "hide": _SEEN_OR_HELD,
    "spam": {*_SEEN_OR_HELD, Comment.State.HIDDEN},
    "delete": {*_SEEN_OR_HELD, Comment.State.HIDDEN, Comment.State.SPAM},
}


class NotAModerator(Refused):
    code = "not_a_moderator"


class NoSuchVerdict(Refused):
    code = "no_such_verdict"


def decide(*, forum: Forum, comments: Iterable[Comment], verdict: str, by: Author, reason: str = "") -> int:
    """Decide about comments of one forum, one or five hundred.

    Args:
        comments: with their threads; they take their new states.

    Returns:
        How many changed: of two moderators who decide the same at once, one is told 0.

    Raises:
        NotAModerator, NoSuchVerdict
    """
    _check(by)
    if verdict not in AFTER:
        raise NoSuchVerdict(
            _("A verdict is one of these: %(verdicts)s.") % {"verdicts": ", ".join(sorted(AFTER))}
        )
    changed = 0
    for _thread_id, of_thread in groupby(sorted(comments, key=_place), key=lambda comment: comment.thread_id):
        with writing(forum) as alias:
            found = list(of_thread)
            counting.lock(found[0].thread)
            for comment in found:
                comment.thread = found[0].thread
                changed += _decide_one(alias, comment, verdict, by, reason)
    return changed


def set_thread_state(*, forum: Forum, thread: Thread, state: str, by: Author) -> Thread:
    """Close a thread, or open it again.

    Raises:
        NotAModerator, NoSuchVerdict
    """
    _check(by)
    if state not in Thread.State.values:
        raise NoSuchVerdict(_("A thread is open or closed."))
    with writing(forum):
        counting.stamp(thread)
        change(thread, state=state)
    return thread


def _decide_one(alias: str, comment: Comment, verdict: str, by: Author, reason: str) -> int:
    before, after = str(comment.state), AFTER[verdict]
    if before not in BEFORE[verdict] or not claim(comment, when={"state": before}, state=after):
        return 0
    counting.show_or_hide(comment, was_shown=before == Comment.State.SHOWN)
    decision = Decision(comment=comment, verdict=verdict, before=before, after=after, reason=reason[:500])
    decision.forum_id, decision.by = comment.forum_id, by.user
    decision.save(force_insert=True, using=alias)
    signals.comment_changed.say(at=alias, **signals.told(comment))
    return 1


def _check(by: Author) -> None:
    if not by.moderates:
        raise NotAModerator(_("Only moderators of this forum can do that: sign in as one."))


def _place(comment: Comment) -> tuple[int, int]:
    return comment.thread_id, comment.pk
