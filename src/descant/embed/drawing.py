"""Drawing one line of a thread, for calls that answer with what to show."""

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Comment
from descant.discussion.reading import Page, line_of
from descant.embed.calling import Asking
from descant.embed.pages import FrameAddress, context


def draw_line(asking: Asking, page: PageAddress, comment: Comment) -> str:
    """The line of a comment as the person who asks may see it, drawn as in the frame's document."""
    address = FrameAddress(asking.forum.name, page.identifier, page.url, get_language() or "")
    given = context(asking.forum, address, Page(comment.thread))
    return render_to_string(
        "embed/_line.html", {**given, "line": line_of(comment, asking.author)}, using="jinja2"
    )


def words_for(reasons: Sequence[str]) -> list[str]:
    """Why a comment waits, in plain words."""
    words = {
        "premoderation_first": gettext("First comments are read by a moderator before they are shown."),
        "premoderation_guests": gettext("Comments of guests are read by a moderator before they are shown."),
        "premoderation_everybody": gettext("Comments are read by a moderator before they are shown."),
    }
    return [words.get(reason, reason) for reason in reasons]
