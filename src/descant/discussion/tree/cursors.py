"""Where a page begins: opaque to those who pass it on, checked when it comes back."""

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

from descant.discussion.tree.paths import LEVELS, WIDTH


class BadCursor(ValueError):
    """A cursor that this version did not make."""

    def __init__(self) -> None:
        super().__init__("This link to a page of the thread is damaged or too old: open the first page.")


class AfterTop(NamedTuple):
    """After a top-level comment, by its key in the order (microseconds, or score) and id.

    ``path`` is the last reply drawn below it, if the page ended among its replies, of which ``lines`` were drawn
    and ``shown`` were not marks.
    """

    key: float
    id: int
    path: bytes = b""
    lines: int = 0
    shown: int = 0


@dataclass(frozen=True)
class InBranch:
    """Inside the branch below ``path``, after the path ``after``."""

    path: bytes
    after: bytes


@dataclass(frozen=True)
class AtComment:
    """At one comment, in its place: what a permalink asks for.

    Our own links say ``descant-ID``. The id in ``comment-ID`` is that of the service where the comment was written.
    """

    id: str
    is_ours: bool = False


Cursor = AfterTop | InBranch | AtComment


def write(cursor: AfterTop | InBranch) -> str:
    """A cursor as it stands in a link."""
    if isinstance(cursor, AfterTop):
        fields = ["t", cursor.key, cursor.id, _text(cursor.path), cursor.lines, cursor.shown]
    else:
        fields = ["b", _text(cursor.path), _text(cursor.after)]
    return _text(json.dumps(fields, separators=(",", ":")).encode())


def read(written: str) -> Cursor | None:
    """The cursor of a link; None for an empty one.

    Raises:
        BadCursor
    """
    if not written:
        return None
    kind, _, wanted = written.partition("-")
    if kind in ("comment", "descant"):
        if not 0 < len(wanted) <= 100 or not wanted.isprintable():
            raise BadCursor
        return AtComment(wanted, is_ours=kind == "descant")
    try:
        fields = json.loads(_bytes(written))
        return _cursor(fields)
    except (ValueError, TypeError, IndexError, KeyError, RecursionError, binascii.Error, struct.error):
        raise BadCursor from None


def _cursor(fields: Any) -> Cursor:
    if fields[0] == "t":
        _, key, comment_id, path, lines, shown = fields
        if not (_is_number(key) and all(_is_small(n) for n in (lines, shown))):
            raise BadCursor
        return AfterTop(key, _id(comment_id), _path(path), lines, shown)
    if fields[0] == "b":
        _, path, after = fields
        found = InBranch(_path(path), _path(after))
        if found.path and found.after[: len(found.path)] == found.path:
            return found
    raise BadCursor


def _is_number(value: Any) -> bool:
    """A score, or microseconds within the years that a date can have."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 6 * 10**16


def _id(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 63:
        raise BadCursor
    return value


def _is_small(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000


def _path(value: str) -> bytes:
    path = _bytes(value)
    if len(path) % WIDTH or len(path) > LEVELS * WIDTH:
        raise BadCursor
    return path


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(written: str) -> bytes:
    return base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
