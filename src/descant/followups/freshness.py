"""What is read of a thread is told once more to be old, should whoever changed it have died after the commit."""

from typing import Any

from descant.discussion.reading.marks import raise_again
from descant.discussion.signals import comment_changed, comment_posted, thread_moved


def connect() -> None:
    """Listen to what is said of comments and of threads."""
    for signal in (comment_posted, comment_changed):
        signal.connect(tell_of_comment, dispatch_uid="followups.freshness")
    thread_moved.connect(tell_of_threads, dispatch_uid="followups.freshness")


def tell_of_comment(data: dict[str, Any], *, event_id: str) -> None:
    """A comment was written or changed."""
    raise_again(data["forum_id"], int(data["thread_id"]))


def tell_of_threads(data: dict[str, Any], *, event_id: str) -> None:
    """Comments have gone from one thread to another."""
    for name in ("source_id", "target_id"):
        raise_again(data["forum_id"], int(data[name]))
