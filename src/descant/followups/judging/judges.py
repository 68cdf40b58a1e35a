"""What was not judged when it was written is judged now, by the judges outside that the forum's rules name."""

from typing import Any

from descant.discussion.judging.outside.judging import judge_outside
from descant.discussion.signals import comment_unjudged
from descant.forums.directory import forum_with_id


def connect() -> None:
    """Listen to comments that wait for a judge outside."""
    comment_unjudged.connect(judge, dispatch_uid="followups.judges", queue="bulk", channel="judges")


def judge(data: dict[str, Any], *, event_id: str) -> None:
    """Ask the judges, and decide; while one does not answer the worker asks again, later and later."""
    forum = forum_with_id(data["forum_id"])
    judge_outside(forum=forum, comment_id=int(data["comment_id"]), address=data["address"])
