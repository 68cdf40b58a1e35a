"""The words of comments for those who search; told twice or late it writes what the comment says now."""

from typing import Any

from descant.discussion.models import Comment
from descant.discussion.reading.searching import write_words
from descant.discussion.signals import comment_changed, comment_posted


def connect() -> None:
    """Listen to what is said of comments."""
    for signal in (comment_posted, comment_changed):
        signal.connect(note_words, dispatch_uid="followups.searching")


def note_words(data: dict[str, Any], *, event_id: str) -> None:
    """Write the words of a comment down; the comment itself is asked."""
    write_words(Comment.objects.of(data["forum_id"]).filter(pk=int(data["comment_id"])))
