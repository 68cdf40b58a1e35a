"""Drawing the lines of a thread: of each comment its values, to fill a stencil with."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from jinja2 import Template
from markupsafe import Markup

from descant.discussion import text
from descant.discussion.models import Comment
from descant.discussion.reading import Line
from descant.embed.jinja.nesting import nested
from descant.embed.jinja.output import escaped
from descant.embed.jinja.stencils import Stencils
from descant.embed.jinja.writing import Writing, iso

HUES = 24
COUNTS_KEPT = 4096  # such as "3 replies"
NAMES_KEPT = 8192
HOLES = (
    "id", "level", "place", "name", "initials", "hue", "badge", "to", "link", "iso", "full_time", "when", "text",
    "score", "answered", "replies", "steps_to_more", "more_link", "more",
)  # fmt: skip


class Shape(NamedTuple):
    """By what of a line its template decides."""

    kind: str
    state: str
    has_badge: bool
    has_to: bool
    is_narrow: bool
    is_edited: bool
    has_more: bool


class Lines:
    """Draws lines in one language, which is spoken whenever it does.

    Args:
        template: gives the template of a line.
    """

    def __init__(self, template: Callable[[], Template], writing: Writing) -> None:
        self._stencils, self._writing = Stencils(template, HOLES), writing
        self._replies, self._more = lru_cache(COUNTS_KEPT)(_replies), lru_cache(COUNTS_KEPT)(_more)

    def draw(
        self,
        lines: Sequence[Line],
        badges: Mapping[int | None, str],
        permalink: tuple[str, str],
        page_url: Callable[[str], str],
    ) -> Markup:
        """Lines one after the other, with lists in them.

        Args:
            badges: the words beside names, by accounts.
            permalink: what stands before and after a comment's anchor in its own link.
            page_url: gives the address of the page at a cursor.
        """
        found, end = nested(lines)
        now, someone, drawn = timezone.now(), gettext("Someone"), list[str]()
        for line, steps, above, steps_to_more in found:
            comment, answers, more = line.comment, line.answers, line.more
            badge, to = badges.get(comment.author_id, ""), answers.shown_name if answers else above
            values = self._values(comment, comment.shown_name or someone, now)
            values["link"] = comment.anchor.join(permalink)
            values["badge"], values["to"] = badge and escaped(badge), to and escaped(to)
            values["text"] = _text(comment, line.kind)
            if more:
                values["steps_to_more"], values["more"] = steps_to_more, self._more(self._writing, more)
                values["more_link"] = escaped(page_url(line.more_cursor))
            is_edited = comment.edited_at is not None
            shape = Shape(line.kind, comment.state, bool(badge), bool(to), not answers, is_edited, more > 0)
            drawn += steps, self._stencils.of(shape).form % values
        return Markup("".join([*drawn, end]))

    def _values(self, comment: Comment, name: str, now: datetime) -> dict[str, object]:
        written, writing, answered = comment.created_at.astimezone(UTC), self._writing, comment.replies
        shown_name, letters, hue = _of_person(name, comment.author_id or comment.guest or name)
        return {
            "id": comment.id,
            "level": comment.level,
            "place": comment.level + 1,
            "name": shown_name,
            "initials": letters,
            "hue": hue,
            "iso": iso(written),
            "full_time": writing.full_time(written),
            "when": writing.ago(written, now),
            "score": writing.number(comment.ups - comment.downs),
            "answered": answered,
            "replies": self._replies(writing, answered),
        }


@lru_cache(maxsize=NAMES_KEPT)
def _of_person(name: str, seed: int | str) -> tuple[str, str, int]:
    return escaped(name), initials(name), hue(seed)


def initials(name: str) -> str:
    """The first letters of the first and the last word; a middle dot when there is no letter."""
    letters = [next((sign for sign in word if sign.isalnum()), "") for word in name.split()]
    letters = [letter for letter in letters if letter]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "·"


def hue(seed: int | str) -> int:
    """A number below `HUES` that is the same for the same seed on every machine."""
    return crc32(str(seed).encode()) % HUES


def _text(comment: Comment, kind: str) -> str:
    """A comment's text as the sanitiser left it: the one place where HTML is trusted. A mark shows none."""
    if kind == "mark":
        return ""
    shown = text.shown_html(comment)
    return shown if kind == "comment" else escaped(text.excerpt(shown))


def _replies(writing: Writing, number: int) -> str:
    return ngettext("%(num)s reply", "%(num)s replies", number) % {"num": writing.number(number)}


def _more(writing: Writing, number: int) -> str:
    return ngettext("%(num)s more reply", "%(num)s more replies", number) % {"num": writing.number(number)}
