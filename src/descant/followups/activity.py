"""One activity row for each public comment of an account; may be told twice, and in any order, so it does not mind."""

from datetime import datetime
from typing import Any

from descant.discussion.models import Comment
from descant.discussion.signals import comment_changed, comment_posted, thread_moved
from descant.followups.models import Activity
from django_headroom.transactions import writing

STEP = 500


def connect() -> None:
    """Listen to what is said of comments."""
    for signal in (comment_posted, comment_changed):
        signal.connect(note_activity, dispatch_uid="followups.activity")
    thread_moved.connect(note_move, dispatch_uid="followups.activity_moved")


def note_activity(data: dict[str, Any], *, event_id: str) -> None:
    """Keep the row if the comment can be read by everybody now; drop it if not. The comment itself is asked."""
    if data["author_id"] is None:
        return
    row = Activity(
        user_id=data["author_id"],
        forum_id=data["forum_id"],
        thread_id=int(data["thread_id"]),
        comment_id=int(data["comment_id"]),
        posted_at=datetime.fromisoformat(data["posted_at"]),
    )
    shown = Comment.objects.of(data["forum_id"]).shown().filter(pk=row.comment_id)
    with writing("default"):
        Activity.objects.bulk_create([row], ignore_conflicts=True)
        if not shown.exists():  # asked last: of two who are told at once the later one sees what is so
            Activity.objects.filter(comment=row.comment_id).delete()


def note_move(data: dict[str, Any], *, event_id: str) -> None:
    """Let the rows of comments that have gone to another thread say so; the comments themselves are asked."""
    rows = Activity.objects.filter(forum_id=data["forum_id"], thread_id=int(data["source_id"]))
    ids = list(rows.values_list("comment_id", flat=True))
    for at in range(0, len(ids), STEP):
        comments = Comment.objects.of(data["forum_id"]).filter(thread=int(data["target_id"]))
        gone = list(comments.filter(pk__in=ids[at : at + STEP]).values_list("pk", flat=True))
        with writing("default"):
            Activity.objects.filter(comment__in=gone).update(thread_id=int(data["target_id"]))
