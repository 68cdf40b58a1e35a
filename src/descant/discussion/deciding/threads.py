"""Threads closed and opened again, and a comment pinned to the top of its thread."""

from django.utils.translation import gettext as _

from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_ability
from descant.discussion.deciding.comments import NoSuchVerdict, write_about_thread
from descant.discussion.models import Comment, Thread
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim

_VERDICTS = {Thread.State.OPEN: "reopen", Thread.State.CLOSED: "close"}


def set_thread_state(*, forum: Forum, thread: Thread, state: str, by: Author, reason: str = "") -> Thread:
    """Close a thread, or open it again.

    Raises:
        NotAModerator, NoSuchVerdict
    """
    check_ability(by, "threads")
    if state not in _VERDICTS:
        raise NoSuchVerdict(_("A thread is open or closed."))
    with writing(forum) as alias:
        counting.lock(thread)
        before = str(thread.state)
        if before in _VERDICTS and before != state and claim(thread, when={"state": before}, state=state):
            counting.stamp(thread)
            verdict = _VERDICTS[Thread.State(state)]
            write_about_thread(
                alias, thread, by, verdict=verdict, before=before, after=state, reason=reason[:500]
            )
    return thread


def pin_comment(*, forum: Forum, thread: Thread, comment: Comment | None, by: Author) -> Thread:
    """Show a comment first in its thread, in the place of the one that was; None shows none.

    Raises:
        NotAModerator, NoSuchVerdict: the comment is not shown in this thread.
    """
    check_ability(by, "threads")
    if comment is not None and (comment.thread_id != thread.pk or not comment.is_shown):
        raise NoSuchVerdict(_("Only a comment that is shown in this thread can be pinned to its top."))
    with writing(forum) as alias:
        counting.lock(thread)
        before, after = thread.pinned_id, comment.pk if comment else None
        if before != after and claim(thread, when={"pinned": before}, pinned_id=after):
            counting.stamp(thread)
            write_about_thread(
                alias,
                thread,
                by,
                verdict="pin" if comment else "unpin",
                before=thread.state,
                after=thread.state,
                kept={"pinned": before, "now": after},
            )
    return thread
