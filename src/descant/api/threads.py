"""``threads/listPosts``: the comments of a thread in order of time, page by page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from descant.api.answering import BadArgument, endpoint, envelope
from descant.api.asking import arguments, forum_asked, thread_asked
from descant.api.objects import post_object, thread_object
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.tree.cursors import BadCursor
from descant.discussion.tree.fetching import past
from descant.forums.models import Forum
from django_headroom import replicas
from django_headroom.joins import attach

LIMIT, LIMIT_MOST = 25, 100
_CURSOR = re.compile(r"(-?[0-9]{1,17}):([0-9]{1,18}):0")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@endpoint("GET")
def list_posts(request: HttpRequest) -> HttpResponse:
    """The comments that everybody may read, newest first unless ``order=asc``; the key is (time, id)."""
    asked = arguments(request)
    forum = forum_asked(request, asked)
    limit, rising = _limit(asked), _rising(asked)

    def reading(alias: str) -> tuple[list[Comment], list[dict[str, Any]]]:
        thread = thread_asked(forum, asked, using=alias)
        rows = Comment.objects.of(forum).using(alias).shown().filter(thread=thread)
        rows = _after(_since(rows, asked), asked, rising)
        order = ("created_at", "id") if rising else ("-created_at", "-id")
        found = attach(rows.defer("author_email").order_by(*order)[: limit + 1], "author")
        for comment in found:
            comment.thread = thread
        return found, _told(found[:limit], forum, asked)

    found, told = replicas.read(forum.partition, reading)
    more = len(found) > limit
    return envelope(0, told, cursor=_cursor(found[:limit], more=more, before=bool(asked.get("cursor"))))


def _told(posts: list[Comment], forum: Forum, asked: QueryDict) -> list[dict[str, Any]]:
    told = [post_object(comment, forum) for comment in posts]
    if not posts or "thread" not in asked.getlist("related"):
        return told
    thread = posts[0].thread
    whole = thread_object(thread, forum, _identifiers(forum, thread))
    return [{**each, "thread": whole} for each in told]


def _limit(asked: QueryDict) -> int:
    written = asked.get("limit", str(LIMIT))
    if not (re.fullmatch(r"[0-9]{1,3}", written) and 1 <= int(written) <= LIMIT_MOST):
        raise BadArgument(f"Invalid argument, 'limit': a whole number from 1 to {LIMIT_MOST}.")
    return int(written)


def _rising(asked: QueryDict) -> bool:
    order = asked.get("order", "desc")
    if order not in ("asc", "desc"):
        raise BadArgument("Invalid argument, 'order': asc or desc.")
    return order == "asc"


def _since(rows: Any, asked: QueryDict) -> Any:
    written = asked.get("since")
    if not written:
        return rows
    try:
        if written.isascii() and written.isdecimal():
            since = datetime.fromtimestamp(int(written), UTC)
        else:
            since = datetime.fromisoformat(written)
        since = since.astimezone(UTC) if since.tzinfo else since.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        raise BadArgument(
            "Invalid argument, 'since': a time such as 2026-11-23T10:00:00, or seconds."
        ) from None
    return rows.filter(created_at__gte=since)


def _after(rows: Any, asked: QueryDict, rising: bool) -> Any:
    written = asked.get("cursor")
    if not written:
        return rows
    match = _CURSOR.fullmatch(written)
    if match is None:
        raise BadCursor
    try:
        at = _EPOCH + timedelta(microseconds=int(match[1]))
    except OverflowError:
        raise BadCursor from None
    return past(rows, "created_at", (at, int(match[2])), rising=rising)


def _cursor(posts: list[Comment], *, more: bool, before: bool) -> dict[str, Any]:
    last = _key(posts[-1]) if posts else None
    return {
        "prev": None,
        "hasPrev": before,
        "next": last if more else None,
        "hasNext": more,
        "more": more,
        "total": None,
        "id": last,
    }


def _key(comment: Comment) -> str:
    return f"{(comment.created_at - _EPOCH) // timedelta(microseconds=1)}:{comment.pk}:0"


def _identifiers(forum: Forum, thread: Thread) -> list[str]:
    addresses = ThreadAddress.objects.of(forum).using(thread._state.db)
    addresses = addresses.filter(thread=thread, kind=ThreadAddress.Kind.IDENTIFIER)
    return list(addresses.order_by("value", "id").values_list("value", flat=True))
