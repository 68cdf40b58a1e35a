"""The one stream into which every format is read: categories, threads, comments and skipped rows, in any order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

THREAD: Final = "thread"
COMMENT: Final = "comment"
MOST_ID: Final = 1 << 49

Kind: TypeAlias = Literal["thread", "comment"]
State: TypeAlias = Literal["shown", "waiting", "spam", "hidden", "deleted"]


class ImportRefused(Exception):
    """The whole file is refused: names the line and the reason, never what stands in the file."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason if line is None else f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class ThreadRead:
    """A thread as its file tells it.

    `names` are what the comments of the same file call it by; `source_id` is who it is for good.
    `removed` threads arrive closed, and what is said in them hidden.
    """

    source: str
    source_id: str
    names: tuple[str, ...]
    line: int
    forum: str = ""
    identifiers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    title: str = ""
    closed: bool = False
    removed: bool = False
    created_at: datetime | None = None
    category: str = ""


@dataclass(frozen=True, slots=True)
class CategoryRead:
    """A part of a forum, by the name that its threads call it in the file; ``former`` is the one that pages call it."""

    name: str
    title: str
    line: int
    forum: str = ""
    former: str = ""
    place: int = 0
    is_general: bool = False


@dataclass(frozen=True, slots=True)
class CommentRead:
    """A comment as its file tells it.

    `thread` and `parent` are names, the likeliest first; `names` are what replies call this one by.
    `elsewhere` is (source, source_id) of the same comment in another service's export; `more` are columns that only
    our own format has.
    """

    source: str
    source_id: str
    names: tuple[str, ...]
    thread: tuple[str, ...]
    line: int
    parent: tuple[str, ...] = ()
    author_name: str = ""
    author_email: str = ""
    author_url: str = ""
    text: str = ""
    format: Literal["html", "markdown"] = "html"
    state: State = "shown"
    marked_spam: bool = False
    created_at: datetime | None = None
    elsewhere: tuple[str, str] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Aside:
    """A row of another kind, which only our own format has: an account, a vote, a decision."""

    kind: str
    line: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is left out, and why."""

    line: int
    reason: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports chooses: a forum of the file, threads of one link kept apart, pingbacks kept."""

    source_forum: str = ""
    apart: bool = False
    pingbacks: bool = False


Read: TypeAlias = CategoryRead | ThreadRead | CommentRead | Aside | SkippedRow


def read_time(text: str) -> datetime | None:
    """The moment an ISO 8601 text names, or None; without an offset it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text.removesuffix(" GMT").removesuffix(" UTC"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_number_of_ours(text: str) -> bool:
    """Whether a text is an id that a comment had on another site of Descant's; none counts further than this."""
    return text.isascii() and text.isdecimal() and len(text) < 16 and 0 < int(text) <= MOST_ID


def web_address(text: str) -> str:
    """The text if it is an http or https address, else nothing: no other scheme may become a link."""
    return text if text[:8].lower().startswith(("http://", "https://")) and not set(text) & _BLANKS else ""


_BLANKS = set(" \t\r\n\"'<>")
