"""Threads as the API tells them."""

from collections.abc import Sequence

from descant.api.objects.moments import moment
from descant.api.objects.shapes import Thread as Told
from descant.discussion.models import Thread
from descant.forums.models import Forum, category_with


def thread_object(thread: Thread, forum: Forum, identifiers: Sequence[str]) -> Told:
    """A thread, with the page's own names for it."""
    return {
        "id": str(thread.pk),
        "forum": forum.name,
        "category": str(category_with(forum, thread.category_id).pk),
        "author": None,
        "title": thread.title,
        "clean_title": thread.title,
        "message": "",
        "link": thread.url,
        "slug": "",
        "identifiers": [*identifiers],
        "createdAt": moment(thread.created_at),
        "posts": thread.comments_shown,
        "likes": thread.ups,
        "dislikes": thread.downs,
        "reactions": 0,
        "userScore": 0,
        "ipAddress": None,
        "isClosed": not thread.takes_comments(),
        "isDeleted": thread.state == Thread.State.REMOVED,
        "version": thread.version,
    }
