"""What the acts say when they are done; who listens stands above (``followups``)."""

from descant.discussion.models import Comment, Thread
from django_headroom.delayed.signals import DelayedSignal

comment_posted = DelayedSignal("comment_posted", schema=1)
comment_changed = DelayedSignal("comment_changed", schema=1)
# With the address, which is kept nowhere: it goes with the event, when that was heard.
comment_unjudged = DelayedSignal("comment_unjudged", schema=1)
thread_moved = DelayedSignal("thread_moved", schema=1)


def told(comment: Comment) -> dict[str, object]:
    """What receivers are told of a comment: where it is and what became of it, never its text or author's mail."""
    return {
        "forum_id": comment.forum_id,
        "thread_id": str(comment.thread_id),
        "comment_id": str(comment.pk),
        "author_id": comment.author_id,
        "state": str(comment.state),
        "posted_at": comment.created_at.isoformat(),
    }


def told_of_thread(source: Thread, target: Thread) -> dict[str, object]:
    """What receivers are told of a thread whose comments have gone to another."""
    return {"forum_id": source.forum_id, "source_id": str(source.pk), "target_id": str(target.pk)}
