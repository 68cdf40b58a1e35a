"""What the acts say when they are done; who listens stands above (``followups``)."""

import time
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from descant.discussion.models import Comment, Thread
from descant.forums import directory
from django_headroom.delayed.signals import DelayedSignal

comment_posted = DelayedSignal("comment_posted", schema=1, tenant="forum_id")
comment_changed = DelayedSignal("comment_changed", schema=1, tenant="forum_id")
# The likes of what an account wrote are others.
comment_voted = DelayedSignal("comment_voted", schema=1, tenant="forum_id")
# By an import, some hundred at once.
comments_arrived = DelayedSignal("comments_arrived", schema=1, tenant="forum_id")
# With the address, which is kept nowhere: it goes with the event, when that was heard.
comment_unjudged = DelayedSignal("comment_unjudged", schema=1, tenant="forum_id")
# A guest would like to hear of replies by mail: said besides, for she waits for our question.
reply_wanted = DelayedSignal("reply_wanted", schema=1, tenant="forum_id")
thread_moved = DelayedSignal("thread_moved", schema=1, tenant="forum_id")
# A removed thread's comments follow it, and come back with it, some at a time.
thread_removed = DelayedSignal("thread_removed", schema=1, tenant="forum_id")
thread_restored = DelayedSignal("thread_restored", schema=1, tenant="forum_id")
# Said where forums are; whoever makes files of them, and reads files, stands above.
export_wanted = DelayedSignal("export_wanted", schema=1, tenant="forum_id")
import_wanted = DelayedSignal("import_wanted", schema=1, tenant="forum_id")
export_made = DelayedSignal("export_made", schema=1, tenant="forum_id")

# Heard in this process and at once, when what has raised a thread's version is committed, and before anybody is
# answered: forum_id, thread_id, and the thread's clock, epoch and version.
thread_changed = Signal()
# Likewise, when votes have changed scores of a thread, which raises no version: forum_id, thread_id.
scores_changed = Signal()
# Likewise, when what everybody could read may not be read any more, or says something else now: forum_id.
text_withdrawn = Signal()


def say_changed(*, at: str, forum_id: int, thread_id: int, version: int) -> None:
    """Say ``thread_changed`` when the transaction on ``at`` has committed; receivers that fail harm nobody."""
    clock = {"epoch": directory.forum_with_id(forum_id).epoch, "version": version}
    told = {"forum_id": forum_id, "thread_id": thread_id, **clock}
    transaction.on_commit(partial(thread_changed.send_robust, Thread, **told), using=at)


def say_scored(*, at: str, forum_id: int, thread_id: int) -> None:
    """Say ``scores_changed`` when the transaction on ``at`` has committed."""
    told = {"forum_id": forum_id, "thread_id": thread_id}
    transaction.on_commit(partial(scores_changed.send_robust, Thread, **told), using=at)


def say_withdrawn(*, at: str, forum_id: int) -> None:
    """Say ``text_withdrawn`` when the transaction on ``at`` has committed."""
    transaction.on_commit(partial(text_withdrawn.send_robust, Comment, forum_id=forum_id), using=at)


def told(comment: Comment) -> dict[str, Any]:
    """What receivers are told of a comment: where it is and what became of it, never its text or author's mail."""
    return {
        "forum_id": comment.forum_id,
        "thread_id": str(comment.thread_id),
        "comment_id": str(comment.pk),
        "author_id": comment.author_id,
        "state": str(comment.state),
        "posted_at": comment.created_at.isoformat(),
        "said_at": time.time(),
    }


def told_of_thread(source: Thread, target: Thread) -> dict[str, Any]:
    """What receivers are told of a thread whose comments have gone to another."""
    threads = {"source_id": str(source.pk), "target_id": str(target.pk)}
    return {"forum_id": source.forum_id, **threads, "said_at": time.time()}
