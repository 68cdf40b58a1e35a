"""What rules judge, and what they find."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Protocol

from django.utils.translation import gettext as _

from descant.discussion.judging.rules.folding import Folded, fold
from descant.discussion.models import Comment


class BadRule(ValueError):
    """What a rule says cannot be followed; the message is for the person who wrote it."""

    code = "bad_rule"

    def __init__(self, message: str, field: str = "") -> None:
        self.field = field  # of what the rule says, if one is to blame
        super().__init__(message)


@dataclass
class Subject:
    """A comment before it is shown, or one of the past that a rule is tried on."""

    forum_id: int
    text: str
    at: datetime
    name: str = ""
    url: str = ""
    author_id: int | None = None
    joined_at: datetime | None = None
    guest: str = ""
    address: str = ""
    origin: str = ""
    comment_id: int = 0  # of one that is edited, or of the past

    @cached_property
    def folded(self) -> Folded:
        return fold(self.text)


def subject_of(comment: Comment) -> Subject:
    """A comment that is there already, as a subject; its author's age is known where she is attached."""
    user = comment._state.fields_cache.get("author")
    return Subject(
        forum_id=comment.forum_id,
        text=comment.text,
        at=comment.created_at,
        name=comment.author_name,
        url=comment.author_url,
        author_id=comment.author_id,
        joined_at=user.date_joined if user else None,
        guest=comment.guest,
        origin=comment.origin,
        comment_id=comment.pk,
    )


@dataclass(frozen=True)
class Finding:
    """Why a rule holds of a comment.

    ``span`` is in characters of the text; ``place`` says where else it was found, as in the author's name.
    """

    found: str
    span: tuple[int, int] | None = None
    place: str = ""
    more: dict[str, Any] = field(default_factory=dict)


class Finder(Protocol):
    """A rule made ready. ``asks`` says that it reads tables, so that others are asked first."""

    asks: ClassVar[bool]

    def find(self, subject: Subject) -> Finding | None: ...


Said = dict[str, Any]


def beside_the_text(subject: Subject, find: Callable[[Folded], Finding | None]) -> Finding | None:
    """What is found in the author's name or site."""
    for place, written in (("name", subject.name), ("url", subject.url)):
        found = find(fold(written)) if written else None
        if found is not None:
            return Finding(found.found, place=place)
    return None


def number_in(said: Said, name: str, *, least: int, most: int, default: int | None = None) -> int:
    """A whole number that a rule says.

    Raises:
        BadRule: it is none, or out of bounds.
    """
    value = said.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        told = {"least": least, "most": most}
        raise BadRule(_("Write a whole number from %(least)s to %(most)s.") % told, name)
    return value


def texts_in(said: Said, name: str, *, most: int, longest: int) -> list[str]:
    """A list of short texts that a rule says, blank ones and doubles left out.

    Raises:
        BadRule: it is none, is empty, or has too many or too long ones.
    """
    value = said.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadRule(_("Write a list of texts."), name)
    texts = list(dict.fromkeys(stripped for each in value if (stripped := each.strip())))
    if not texts:
        raise BadRule(_("The list is empty: write at least one."), name)
    if len(texts) > most:
        told = {"number": len(texts), "most": most}
        sentence = _("The list has %(number)s entries, %(most)s are allowed: make two rules of it.")
        raise BadRule(sentence % told, name)
    for each in texts:
        if len(each) > longest:
            told = {"number": len(each), "most": longest}
            sentence = _("“%(entry)s…” has %(number)s characters, %(most)s are allowed: shorten it.")
            raise BadRule(sentence % {**told, "entry": each[:40]}, name)
    return texts
