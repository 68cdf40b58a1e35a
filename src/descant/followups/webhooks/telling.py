"""What a delivery says: of a comment as it is now, and no more than everybody may read."""

from datetime import UTC, datetime
from typing import Any

from descant.discussion import text
from descant.discussion.models import Comment, ThreadAddress
from descant.discussion.seeing import may_see
from descant.followups.models import Delivery
from descant.followups.webhooks.noting import was_shown
from descant.forums.models import Forum
from descant.forums.webhooks.sending import Event, challenge
from django_headroom.joins import attach

IDENTIFIERS_MOST = 20


class NotTold(Exception):
    """A delivery that tells nothing any more: why, in a word."""


def event_of(delivery: Delivery) -> Event:
    """What is sent.

    Args:
        delivery: with its target and the target's forum.

    Raises:
        NotTold
    """
    return Event(delivery.kind, _said(delivery), id=delivery.message_id, at=delivery.made_at)


def _said(delivery: Delivery) -> dict[str, Any]:
    forum = delivery.target.forum
    if delivery.kind == Delivery.Kind.VERIFY:
        return dict(challenge().said)
    if delivery.kind == Delivery.Kind.TEST:
        return {"forum": forum.name}
    rows = Comment.objects.of(forum).select_related("thread").defer("author_email")
    rows = rows.filter(pk=delivery.comment_id)
    comment: Comment | None = rows.first()
    if comment is None:
        raise NotTold("gone")
    if not may_see(comment, None) and (delivery.kind == Delivery.Kind.CREATED or not was_shown(comment)):
        raise NotTold("hidden")
    attach([comment], "author", missing="none")
    return said_of(comment, forum)


def said_of(comment: Comment, forum: Forum) -> dict[str, Any]:
    """A comment as Disqus's webhooks tell it; of one that was hidden no word and no author."""
    seen = may_see(comment, None)
    html = text.shown_html(comment) if seen else ""
    return {
        "id": str(comment.pk),
        "forum": forum.name,
        "thread": str(comment.thread_id),
        "threadData": _thread(comment),
        "parent": comment.parent_id,
        "createdAt": _moment(comment.created_at),
        "message": html,
        "raw_message": comment.text if seen and comment.format == Comment.Format.MARKDOWN else html,
        "url": f"{comment.thread.url}#{comment.anchor}",
        "author": _author(comment) if seen else {"name": "", "url": "", "isAnonymous": True},
        "ipAddress": "",
        "isApproved": comment.is_shown,
        "isDeleted": comment.state in (Comment.State.DELETED, Comment.State.HIDDEN),
        "isEdited": comment.edited_at is not None,
        "isFlagged": False,
        "isSpam": comment.state == Comment.State.SPAM,
    }


def _thread(comment: Comment) -> dict[str, Any]:
    named = ThreadAddress.objects.of(comment.forum_id).filter(
        thread=comment.thread_id, kind=ThreadAddress.Kind.IDENTIFIER
    )
    names = list(named.order_by("value", "id").values_list("value", flat=True)[:IDENTIFIERS_MOST])
    thread = comment.thread
    return {"id": str(thread.pk), "identifiers": names, "link": thread.url, "title": thread.title}


def _author(comment: Comment) -> dict[str, Any]:
    told: dict[str, Any] = {"name": comment.shown_name, "url": comment.author_url}
    told["isAnonymous"] = comment.author_id is None
    return told if comment.author_id is None else {**told, "id": str(comment.author_id)}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
