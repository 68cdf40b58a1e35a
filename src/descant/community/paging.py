"""Paging by key: where a page begins is the time and id of the last line before it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

LINES = 20
_CURSOR = re.compile(r"([0-9]{1,17})-([0-9]{1,18})", re.ASCII)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):
    """A link to a page that nobody of us has written."""


@dataclass(frozen=True)
class Cursor:
    """The last line of the page before."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _BEGIN) // timedelta(microseconds=1)}-{self.id}"


def cursor_in(written: str) -> Cursor | None:
    """Where a page begins; None for the first.

    Raises:
        BadCursor
    """
    if not written:
        return None
    match = _CURSOR.fullmatch(written)
    if match is None:
        raise BadCursor("This link is damaged: open the first page.")
    return Cursor(_BEGIN + timedelta(microseconds=int(match[1])), int(match[2]))


def page_of(rows: Any, time: str, before: Cursor | None) -> tuple[list[Any], str]:
    """The newest rows before a line, and the cursor of the next page, empty if there is none.

    The bound on the time alone is what an index can begin at.
    """
    if before is not None:
        older = Q(**{f"{time}__lt": before.at}) | Q(pk__lt=before.id)
        rows = rows.filter(older, **{f"{time}__lte": before.at})
    found = list(rows.order_by(f"-{time}", "-id")[: LINES + 1])
    last = found[LINES - 1] if len(found) > LINES else None
    return found[:LINES], str(Cursor(getattr(last, time), last.pk)) if last else ""
