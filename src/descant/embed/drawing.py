"""Drawing lines of a thread: for calls that answer with what to show, and for those who watch what changes."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_safe

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Comment, Thread
from descant.discussion.reading import ORDERS, line_of
from descant.discussion.reading.changes import Changes, Clock, read_changes
from descant.embed.calling import Asking
from descant.embed.pages import FrameAddress, draw_lines
from descant.forums.caches.sending import cacheable
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Forum, Rule

CHANGES_SECONDS = 1  # how long a shared cache may answer by itself


def draw_line(asking: Asking, page: PageAddress, comment: Comment) -> str:
    """The line of a comment as the person who asks may see it, drawn as in the frame's document."""
    address = FrameAddress(asking.forum.name, page.identifier, page.url, get_language() or "")
    return draw_lines(asking.forum, address, ORDERS[0], [line_of(comment, asking.author)])


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What has changed in a thread since a version, for a frame that has no event stream."""
    asked = request.GET
    since, thread = Clock.read(asked.get("since", "")), asked.get("thread", "")
    if since is None or not (thread.isascii() and thread.isdecimal() and len(thread) < 19):
        return HttpResponse("Say since when, and of which thread.\n", status=400, content_type="text/plain")
    try:
        forum = forum_named(asked.get("f", ""))
        found = read_changes(forum=forum, thread_id=int(thread), since=since)
    except (UnknownForum, Thread.DoesNotExist):
        return HttpResponse("There is no such thread here.\n", status=404, content_type="text/plain")
    told = draw_changes(forum, found, asked.get("lang", "")).decode()
    return cacheable(request, told, "application/json", CHANGES_SECONDS)


def draw_changes(forum: Forum, found: Changes, language: str) -> bytes:
    """What has changed as scripts are told it, in JSON, drawn as in the frame's document for everybody."""
    told: dict[str, object] = {"clock": str(found.clock), "told": found.told}
    if not found.told:
        return orjson.dumps(told)
    thread = found.thread
    with override(forum.language_for(language)):
        address = FrameAddress(forum.name, "", thread.url, get_language() or "")
        told["lines"] = [
            {
                "id": str(line.comment.pk),
                "parent": str(line.comment.parent_id) if line.comment.parent_id else None,
                "html": draw_lines(forum, address, ORDERS[0], [line]),
            }
            for line in found.lines
        ]
    told["gone"] = [str(pk) for pk in found.gone]
    told["replies"] = {str(pk): replies for pk, replies in found.replies.items()}
    told |= {"thread": str(thread.pk), "count": thread.comments_shown, "open": thread.takes_comments()}
    return orjson.dumps(told)


def words_for(reasons: Sequence[Any]) -> list[str]:
    """Why a comment waits, in plain words for its author: in general, for a list of words that is told is no use."""
    words = {
        "premoderation_first": gettext("First comments are read by a moderator before they are shown."),
        "premoderation_guests": gettext("Comments of guests are read by a moderator before they are shown."),
        "premoderation_everybody": gettext("Comments are read by a moderator before they are shown."),
        "flags": gettext("Readers have asked a moderator to look at it."),
        "unjudged": gettext("It is looked at before it is shown."),
    }
    told = [
        _words_for_kind(each["kind"]) if isinstance(each, dict) else words.get(each, each)
        for each in reasons
        if not isinstance(each, dict) or each["effect"] != Rule.Effect.MARK
    ]
    return list(dict.fromkeys(told))


def _words_for_kind(kind: str) -> str:
    by_kind = {
        "words": gettext("A moderator reads it first: it holds a word that this forum looks at."),
        "pattern": gettext("A moderator reads it first: it holds something that this forum looks at."),
        "links": gettext("A moderator reads it first: it holds links."),
        "first": gettext("First comments are read by a moderator before they are shown."),
        "age": gettext(
            "A moderator reads it first: comments of new accounts are read before they are shown."
        ),
        "language": gettext(
            "A moderator reads it first: it is written in letters that are rare on this forum."
        ),
        "rate": gettext("A moderator reads it first: many comments came in a short time."),
        "double": gettext("A moderator reads it first: the same was written before."),
        "alike": gettext("A moderator reads it first: much the same was written before."),
    }
    return by_kind.get(kind, gettext("A moderator reads it first."))
