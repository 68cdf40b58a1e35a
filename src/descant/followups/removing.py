"""The comments of a removed thread are deleted, and come back with it, in the moderator's name."""

import uuid
from typing import Any

from descant.accounts.models import User
from descant.discussion.authors import Author
from descant.discussion.deciding.removing import delete_step
from descant.discussion.deciding.undoing import undo_batch
from descant.discussion.models import Thread
from descant.discussion.signals import thread_removed, thread_restored
from descant.forums.directory import forum_with_id
from descant.forums.models import Role


def connect() -> None:
    """Listen to threads that are removed, and to those that are put back."""
    thread_removed.connect(delete_comments, dispatch_uid="followups.removing", queue="low")
    thread_restored.connect(restore_comments, dispatch_uid="followups.restoring", queue="low")


def delete_comments(data: dict[str, Any]) -> None:
    """Step by step, each in transactions of its own; told twice, it finds nothing."""
    forum = forum_with_id(data["forum_id"])
    by, batch = _by(data), uuid.UUID(data["batch"])
    thread = Thread.objects.of(forum).get(pk=int(data["thread_id"]))
    while delete_step(forum=forum, thread=thread, by=by, batch=batch, reason=data["reason"]):
        pass


def restore_comments(data: dict[str, Any]) -> None:
    """What somebody has decided about since stays as it is."""
    forum = forum_with_id(data["forum_id"])
    undo_batch(forum=forum, batch=uuid.UUID(data["batch"]), by=_by(data), reason=data["reason"])


def _by(data: dict[str, Any]) -> Author:
    """Who began it, as a moderator: what she might begin is ended, also if she has lost her role since."""
    return Author(user=User.objects.filter(pk=data["by_id"] or 0).first(), role=Role.Kind.MODERATOR)
