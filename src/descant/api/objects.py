"""Threads and comments as the API tells them: ids as strings, a parent as a number, times as naive UTC."""

from datetime import UTC, datetime
from typing import Any

from descant.discussion import text
from descant.discussion.models import Comment, Thread
from descant.discussion.seeing import may_see
from descant.forums.models import Forum


def post_object(comment: Comment, forum: Forum) -> dict[str, Any]:
    """A comment; its author must be attached. Never an e-mail, an address or a hash of either."""
    seen = may_see(comment, None) or comment.state == Comment.State.WAITING
    html = text.shown_html(comment) if seen else ""
    return {
        "id": str(comment.pk),
        "forum": forum.name,
        "thread": str(comment.thread_id),
        "parent": comment.parent_id,
        "message": html,
        "raw_message": comment.text if seen and comment.format == Comment.Format.MARKDOWN else html,
        "createdAt": moment(comment.created_at),
        "points": comment.ups - comment.downs,
        "likes": comment.ups,
        "dislikes": comment.downs,
        "isApproved": comment.is_shown,
        "isSpam": comment.state == Comment.State.SPAM or comment.marked_spam,
        "isDeleted": comment.state in (Comment.State.DELETED, Comment.State.HIDDEN),
        "isFlagged": False,
        "isEdited": comment.edited_at is not None,
        "isHighlighted": False,
        "isJuliaFlagged": False,
        "media": [],
        "url": f"{comment.thread.url}#{comment.anchor}",
        "author": author_object(comment) if seen else None,
    }


def author_object(comment: Comment) -> dict[str, Any]:
    """Who wrote a comment; a guest has no id."""
    user = comment._state.fields_cache.get("author") or None  # false where the account is gone
    told = {
        "name": comment.shown_name,
        "url": comment.author_url,
        "profileUrl": "",
        "isAnonymous": user is None,
    }
    if user is not None:
        told |= {"id": str(user.pk), "username": user.username}
    return told


def thread_object(thread: Thread, forum: Forum, identifiers: list[str]) -> dict[str, Any]:
    """A thread."""
    return {
        "id": str(thread.pk),
        "forum": forum.name,
        "title": thread.title,
        "clean_title": thread.title,
        "link": thread.url,
        "slug": "",
        "identifiers": identifiers,
        "createdAt": moment(thread.created_at),
        "posts": thread.comments_shown,
        "likes": 0,
        "dislikes": 0,
        "userScore": 0,
        "isClosed": not thread.takes_comments(),
        "isDeleted": False,
    }


def moment(at: datetime) -> str:
    """``2008-06-10T02:31:43``, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
