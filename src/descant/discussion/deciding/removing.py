"""A whole thread removed, and put back: it takes nothing more at once, and a worker has its comments follow."""

import uuid
from collections.abc import Mapping
from typing import Any

from descant.discussion import signals
from descant.discussion.addressing import lately
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.deciding.comments import BEFORE, decide, write_about_thread
from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim

STEP = 200


def remove_thread(*, forum: Forum, thread: Thread, by: Author, reason: str = "") -> bool:
    """Close a thread and have all of its comments deleted, as one batch.

    Returns:
        Whether it was done; not of one that is removed already, or has become part of another.

    Raises:
        NotAModerator
    """
    check_may(by, "threads", forum)
    batch = uuid.uuid4()
    with writing(forum) as alias:
        counting.lock(thread)
        before = str(thread.state)
        if before not in (Thread.State.OPEN, Thread.State.CLOSED):
            return False
        if not claim(thread, when={"state": before}, state=Thread.State.REMOVED):
            return False
        counting.stamp(thread)
        columns = {"before": before, "after": thread.state, "reason": reason[:500], "batch": batch}
        write_about_thread(alias, thread, by, verdict="remove", **columns)
        signals.thread_removed.say(at=alias, **_told(thread, by, batch, reason))
    lately.forget()
    return True


def delete_step(*, forum: Forum, thread: Thread, by: Author, batch: uuid.UUID, reason: str = "") -> int:
    """Delete some of the comments that a removed thread still has.

    Returns:
        How many; 0: there is nothing left to do.
    """
    removed = Thread.objects.of(forum).filter(pk=thread.pk, state=Thread.State.REMOVED).exists()
    if not removed:  # it was put back meanwhile
        return 0
    rows = Comment.objects.of(forum).filter(thread=thread, state__in=BEFORE["delete"])
    comments = list(rows.select_related("thread").order_by("-created_at", "-id")[:STEP])
    return decide(forum=forum, comments=comments, verdict="delete", by=by, reason=reason, batch=batch)


def restore_thread(*, forum: Forum, thread: Thread, by: Author, reason: str = "") -> bool:
    """Put a removed thread back as it was, with the comments that went with it.

    Returns:
        Whether it was done; not of one that is not removed.

    Raises:
        NotAModerator
    """
    check_may(by, "threads", forum)
    about = Decision.objects.of(forum).filter(thread=thread, verdict="remove")
    removal = about.order_by("-decided_at", "-id").first()
    if removal is None:
        return False
    with writing(forum) as alias:
        counting.lock(thread)
        if not claim(thread, when={"state": Thread.State.REMOVED}, state=removal.before):
            return False
        counting.stamp(thread)
        columns = {"before": removal.after, "after": thread.state, "reason": reason[:500]}
        write_about_thread(alias, thread, by, verdict="undo", undoes=removal.batch, **columns)
        signals.thread_restored.say(at=alias, **_told(thread, by, removal.batch, reason))
    lately.forget()
    return True


def _told(thread: Thread, by: Author, batch: uuid.UUID, reason: str) -> Mapping[str, Any]:
    """What the worker is told, who does the rest in the moderator's name."""
    return {
        "forum_id": thread.forum_id,
        "thread_id": str(thread.pk),
        "batch": str(batch),
        "by_id": by.user.pk if by.user else None,
        "reason": reason[:500],
    }
