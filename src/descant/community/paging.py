"""Paging of what goes on in forums: the newest first."""

from typing import Any

from descant.discussion.reading.by_time import Moment

LINES = 20


class BadCursor(ValueError):
    """A link to a page that nobody of us has written."""


def cursor_in(written: str) -> Moment | None:
    """Where a page begins; None for the first.

    Raises:
        BadCursor
    """
    found = Moment.read(written)
    if written and found is None:
        raise BadCursor("This link is damaged: open the first page.")
    return found


def page_of(rows: Any, time: str, before: Moment | None) -> tuple[list[Any], str]:
    """The newest rows before a line, and the cursor of the next page, empty if there is none."""
    if before is not None:
        rows = rows.filter(before.beyond(time))
    found = list(rows.order_by(f"-{time}", "-id")[: LINES + 1])
    last = found[LINES - 1] if len(found) > LINES else None
    return found[:LINES], str(Moment(getattr(last, time), last.pk)) if last else ""
