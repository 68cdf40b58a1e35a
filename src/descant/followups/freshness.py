"""What is read of a thread is told once more to be old, should whoever changed it have died after the commit."""

import time
from typing import Any

from descant.discussion.models import Comment
from descant.discussion.reading.marks import raise_again
from descant.discussion.signals import comment_changed, comment_posted, thread_moved


def connect() -> None:
    """Listen to what is said of comments and of threads."""
    comment_posted.connect(tell_of_new, dispatch_uid="followups.freshness")
    # What was hidden must not be read on; a new comment can wait, and there are many.
    comment_changed.connect(tell_of_comment, dispatch_uid="followups.freshness", queue="high")
    thread_moved.connect(tell_of_threads, dispatch_uid="followups.freshness", queue="high")


def tell_of_new(data: dict[str, Any], *, event_id: str) -> None:
    """A comment that waits is on no page."""
    if data["state"] == Comment.State.SHOWN:
        tell_of_comment(data, event_id=event_id)


def tell_of_comment(data: dict[str, Any], *, event_id: str) -> None:
    """A comment was changed."""
    raise_again(data["forum_id"], int(data["thread_id"]), _said_at(data))


def tell_of_threads(data: dict[str, Any], *, event_id: str) -> None:
    """Comments have gone from one thread to another."""
    for name in ("source_id", "target_id"):
        raise_again(data["forum_id"], int(data[name]), _said_at(data))


def _said_at(data: dict[str, Any]) -> float:
    """What an older release has said has no time: as if it had just been said, and nobody had told."""
    return float(data.get("said_at", time.time()))
