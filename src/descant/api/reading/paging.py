"""Pages in the order of time, cut by a key of (time, id): no page is dearer than the first."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import QuerySet

from descant.api.arguments import CURSOR, LIMIT, ORDER, SINCE
from descant.api.declaring import Asked, Page
from descant.discussion.reading.by_time import Moment
from descant.discussion.tree.cursors import BadCursor

T = TypeVar("T")

_CURSOR = re.compile(r"(-?[0-9]{1,17}):([0-9]{1,18}):0", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def some_of(lanes: Sequence[QuerySet[Any]], asked: Asked, time: str = "created_at") -> list[Any]:
    """The rows that a page asks for, by this column of theirs, and one more if there are more.

    Each lane is a query that its own index answers in order, as one for each state is; the rows of all are merged.
    """
    rising = asked[ORDER] == "asc"
    found = [row for lane in lanes for row in _of_lane(lane, asked, time)]
    found.sort(key=attrgetter(time, "pk"), reverse=not rising)
    return found[: asked[LIMIT] + 1]


def _of_lane(rows: QuerySet[Any], asked: Asked, time: str) -> QuerySet[Any]:
    rising = asked[ORDER] == "asc"
    if since := asked[SINCE]:
        rows = rows.filter(**{f"{time}__gte": since})
    if cursor := asked[CURSOR]:
        rows = rows.filter(_place(cursor).beyond(time, newest=not rising))
    order = (time, "id") if rising else (f"-{time}", "-id")
    return rows.order_by(*order)[: asked[LIMIT] + 1]


def page_of(
    rows: Sequence[Any], asked: Asked, told: Callable[[Sequence[Any]], Sequence[T]], time: str = "created_at"
) -> Page[T]:
    """A page of what ``some_of`` has found, as it is told."""
    shown, more = rows[: asked[LIMIT]], len(rows) > asked[LIMIT]
    last = _key(shown[-1], time) if shown else None
    return Page(told(shown), cursor_at(last, more=more, before=bool(asked[CURSOR])))


def cursor_at(last: str | None, *, more: bool, before: bool) -> Mapping[str, Any]:
    """Where a page ends; old programs look at ``more``, others at ``hasNext``."""
    return {
        "prev": None,
        "hasPrev": before,
        "next": last if more else None,
        "hasNext": more,
        "more": more,
        "total": None,
        "id": last,
    }


def _place(cursor: str) -> Moment:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursor
    try:
        return Moment(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))
    except OverflowError:
        raise BadCursor from None


def _key(row: Any, time: str) -> str:
    return f"{(getattr(row, time) - _EPOCH) // timedelta(microseconds=1)}:{row.pk}:0"
