"""Whatever becomes of a comment, its row and the totals follow; told twice, or in any order, they come out the same."""

from typing import Any

from descant.discussion.signals import (
    comment_changed,
    comment_posted,
    comment_voted,
    comments_arrived,
    thread_moved,
)
from descant.followups.models import Activity
from descant.followups.totals.settling import STEP, settle


def connect() -> None:
    """Listen to what is said of comments."""
    for signal in (comment_posted, comment_changed):
        signal.connect(settle_comment, dispatch_uid="followups.activity")
    comment_voted.connect(settle_comment, dispatch_uid="followups.activity", queue="bulk")
    comments_arrived.connect(settle_arrived, dispatch_uid="followups.arrived", queue="bulk")
    thread_moved.connect(settle_moved, dispatch_uid="followups.activity_moved")


def settle_comment(data: dict[str, Any]) -> None:
    """It was posted, changed or voted on: the comment itself is asked what is so now."""
    settle(data["forum_id"], [int(data["comment_id"])])


def settle_arrived(data: dict[str, Any]) -> None:
    """They came by an import, many at once."""
    settle(data["forum_id"], [int(each) for each in data["comment_ids"]])


def settle_moved(data: dict[str, Any]) -> None:
    """They have gone to another thread."""
    rows = Activity.objects.filter(forum_id=data["forum_id"], thread_id=int(data["source_id"]))
    ids = list(rows.order_by("comment", "id").values_list("comment_id", flat=True))
    for at in range(0, len(ids), STEP):
        settle(data["forum_id"], ids[at : at + STEP])
