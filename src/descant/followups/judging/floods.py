"""Each new text is noted by what it is like, so that the many of a flood are known as one."""

from typing import Any

from descant.discussion.judging.likeness.meeting import judge_repeats
from descant.discussion.judging.likeness.noting import note_likeness, trim_prints
from descant.discussion.signals import comment_changed, comment_posted
from descant.forums.directory import forum_with_id


def connect() -> None:
    """Listen to comments that are written, and to those that are edited."""
    for signal in (comment_posted, comment_changed):
        signal.connect(note_flood, dispatch_uid="followups.floods")


def note_flood(data: dict[str, Any], *, event_id: str) -> None:
    """Note what a comment is like; asked twice, it is the same."""
    comment_id = int(data["comment_id"])
    note_likeness(forum_id=data["forum_id"], comment_id=comment_id)
    judge_repeats(forum=forum_with_id(data["forum_id"]), comment_id=comment_id)
    trim_prints(comment_id=comment_id)
