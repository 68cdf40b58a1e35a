"""Caches on the way are told of changes once more, should who made them have died, or not been heard."""

from typing import Any

from django.conf import settings

from descant.discussion.models import Comment
from descant.discussion.signals import comment_changed, comment_posted, thread_moved
from descant.forums.caches.purging import pages_aged, purge
from descant.forums.caches.surrogates import thread_tag


def connect() -> None:
    """Listen to what is said of comments and threads, where there are caches to tell."""
    if settings.PURGES:
        comment_posted.connect(tell_of_new, dispatch_uid="followups.purging", queue="bulk")
        comment_changed.connect(tell_of_change, dispatch_uid="followups.purging", queue="bulk")
        thread_moved.connect(tell_of_move, dispatch_uid="followups.purging", queue="bulk")
        pages_aged.connect(tell_of_age, dispatch_uid="followups.purging", queue="bulk")


def tell_of_new(data: dict[str, Any], *, event_id: str) -> None:
    """A comment that waits is on no page."""
    if data["state"] == Comment.State.SHOWN:
        purge([thread_tag(data["thread_id"])])


def tell_of_change(data: dict[str, Any], *, event_id: str) -> None:
    purge([thread_tag(data["thread_id"])])


def tell_of_move(data: dict[str, Any], *, event_id: str) -> None:
    purge([thread_tag(data["source_id"]), thread_tag(data["target_id"])])


def tell_of_age(data: dict[str, Any], *, event_id: str) -> None:
    """Of a thread that was closed or has something pinned to its top, or of a whole forum that was changed."""
    purge(data["tags"])
