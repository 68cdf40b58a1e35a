"""Drawing one line of a thread, for calls that answer with what to show."""

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Comment
from descant.discussion.reading import Page, line_of
from descant.embed.calling import Asking
from descant.embed.pages import FrameAddress, context
from descant.forums.models import Rule


def draw_line(asking: Asking, page: PageAddress, comment: Comment) -> str:
    """The line of a comment as the person who asks may see it, drawn as in the frame's document."""
    address = FrameAddress(asking.forum.name, page.identifier, page.url, get_language() or "")
    given = context(asking.forum, address, Page(comment.thread))
    return render_to_string(
        "embed/line.html", {**given, "line": line_of(comment, asking.author)}, using="jinja2"
    )


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
