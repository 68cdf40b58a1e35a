"""Comments as the API tells them."""

from descant.accounts.models import User
from descant.api.objects.moments import moment
from descant.api.objects.shapes import Author, Post
from descant.api.objects.users import username
from descant.discussion import text
from descant.discussion.authors import Author as Viewer
from descant.discussion.models import Comment
from descant.discussion.seeing import may_see
from descant.forums.models import Forum


def post_object(comment: Comment, forum: Forum, viewer: Viewer | None = None, *, own: bool = False) -> Post:
    """A comment as somebody may read it, or who has just written it; its author and thread must be attached."""
    seen = may_see(comment, viewer) or (own and comment.state == Comment.State.WAITING)
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
        "isFlagged": viewer is not None and comment.flags > 0,
        "isEdited": comment.edited_at is not None,
        "isHighlighted": comment.thread.pinned_id == comment.pk,
        "isJuliaFlagged": False,
        "ipAddress": None,
        "media": [],
        "url": f"{comment.thread.url}#{comment.anchor}",
        "author": author_object(comment) if seen else None,
    }


def author_of(comment: Comment) -> User | None:
    """The account that wrote it, which must be attached; None also where it is gone."""
    return comment._state.fields_cache.get("author") or None


def author_object(comment: Comment) -> Author:
    """Who wrote a comment; a guest has no id."""
    user = author_of(comment)
    told: Author = {
        "name": comment.shown_name,
        "url": comment.author_url,
        "about": "",
        "profileUrl": "",
        "isAnonymous": user is None,
        "isFollowing": False,
        "isFollowedBy": False,
        "avatar": {"permalink": "", "cache": ""},
    }
    if user is not None:
        told |= {"id": str(user.pk), "username": username(user)}
    return told
