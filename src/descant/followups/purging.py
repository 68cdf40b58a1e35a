"""Caches on the way are told of comments once more, should the process that has written them have died in between."""

from typing import Any

from django.conf import settings

from descant.discussion.models import Comment
from descant.discussion.signals import comment_changed, comment_posted, thread_moved
from descant.forums.caches.purging import purge
from descant.forums.caches.surrogates import thread_tag


def connect() -> None:
    """Listen to what is said of comments and threads, where there are caches to tell."""
    if settings.PURGES:
        comment_posted.connect(tell_of_new, dispatch_uid="followups.purging")
        comment_changed.connect(tell_of_change, dispatch_uid="followups.purging")
        thread_moved.connect(tell_of_move, dispatch_uid="followups.purging")


def tell_of_new(data: dict[str, Any], *, event_id: str) -> None:
    """A comment that waits is on no page."""
    if data["state"] == Comment.State.SHOWN:
        purge([thread_tag(data["thread_id"])])


def tell_of_change(data: dict[str, Any], *, event_id: str) -> None:
    purge([thread_tag(data["thread_id"])])


def tell_of_move(data: dict[str, Any], *, event_id: str) -> None:
    purge([thread_tag(data["source_id"]), thread_tag(data["target_id"])])
