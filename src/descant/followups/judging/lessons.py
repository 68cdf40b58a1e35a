"""What moderators decide is learned from, for the rules that go by a score."""

from typing import Any

from descant.discussion.judging.learning.teaching import teach
from descant.discussion.signals import comment_changed


def connect() -> None:
    """Listen to comments that were decided about."""
    comment_changed.connect(learn, dispatch_uid="followups.lessons")


def learn(data: dict[str, Any], *, event_id: str) -> None:
    """Learn from a moderator's last word on the comment, or unlearn it; the comment itself is asked."""
    teach(forum_id=data["forum_id"], comment_id=int(data["comment_id"]))
