"""Pages in the order of time, cut by a key of (time, id): no page is dearer than the first, forwards and backwards."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import QuerySet

from descant.api.arguments import CURSOR, LIMIT, ORDER, SINCE
from descant.api.declaring import Asked, Page
from descant.discussion.reading.by_time import Moment
from descant.discussion.tree.cursors import BadCursor

T = TypeVar("T")

_CURSOR = re.compile(r"(-?[0-9]{1,17}):([0-9]{1,18}):([01])", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ON, _BACK = 0, 1


def some_of(
    lanes: Sequence[QuerySet[Any]], asked: Asked, time: str = "created_at", *, skip: int = 0
) -> list[Any]:
    """The rows that a page asks for, by this column of theirs, and one more if there are more.

    Each lane is a query that its own index answers in order, as one for each state is; the rows of all are merged.
    They stand as they are come upon from where the page begins: on the way back the last of the page first.

    Args:
        skip: so many are passed over before.
    """
    rising = _is_rising(asked)
    enough = skip + asked[LIMIT] + 1
    found = [row for lane in lanes for row in _of_lane(lane, asked, time)[:enough]]
    found.sort(key=attrgetter(time, "pk"), reverse=not rising)
    return found[skip:enough]


def _of_lane(rows: QuerySet[Any], asked: Asked, time: str) -> QuerySet[Any]:
    rising = _is_rising(asked)
    if since := asked[SINCE]:
        rows = rows.filter(**{f"{time}__gte": since})
    if cursor := asked[CURSOR]:
        rows = rows.filter(_Place.read(cursor).moment.beyond(time, newest=not rising))
    order = (time, "id") if rising else (f"-{time}", "-id")
    return rows.order_by(*order)


def page_of(
    rows: Sequence[Any], asked: Asked, told: Callable[[Sequence[Any]], Sequence[T]], time: str = "created_at"
) -> Page[T]:
    """A page of what ``some_of`` has found, as it is told."""
    place = _Place.read(asked[CURSOR]) if asked[CURSOR] else None
    shown, more = rows[: asked[LIMIT]], len(rows) > asked[LIMIT]
    if place is None or not place.is_back:
        first, last, before, after = shown[:1], shown[-1:], place is not None, more
    else:
        shown = shown[::-1]
        first, last, before, after = shown[:1], shown[-1:], more, True
    turned = place.turned(rising=_is_rising(asked)) if place and not shown else ""
    back = _key(first[0], time, _BACK) if first else turned
    on = _key(last[0], time, _ON) if last else turned
    cursor = cursor_of(back=back if before else None, on=on if after else None, last=on if last else None)
    return Page(told(shown), cursor)


def cursor_of(
    *, back: str | None = None, on: str | None = None, last: str | None = None
) -> Mapping[str, Any]:
    """Where the pages before and after begin; old programs look at ``more``, others at ``hasNext``.

    Args:
        last: where this page ends, also if there is none after it yet.
    """
    is_more = on is not None
    return {
        "prev": back,
        "hasPrev": back is not None,
        "next": on,
        "hasNext": is_more,
        "more": is_more,
        "total": None,
        "id": last,
    }


@dataclass(frozen=True)
class _Place:
    """Where a page begins, and which way it goes from there."""

    moment: Moment
    is_back: bool

    @classmethod
    def read(cls, cursor: str) -> "_Place":
        """Raises: BadCursor"""
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise BadCursor
        try:
            at = _EPOCH + timedelta(microseconds=int(match[1]))
        except OverflowError:
            raise BadCursor from None
        return cls(Moment(at, int(match[2])), int(match[3]) == _BACK)

    def turned(self, *, rising: bool) -> str:
        """The other way from here, the row of this place among those that are come upon: for a page without rows."""
        beside = max(self.moment.id + (1 if rising else -1), 0)
        return _written(self.moment.at, beside, _ON if self.is_back else _BACK)


def _is_rising(asked: Asked) -> bool:
    """Whether the rows are walked from the oldest on."""
    is_back = bool(asked[CURSOR]) and _Place.read(asked[CURSOR]).is_back
    return (asked[ORDER] == "asc") != is_back


def _key(row: Any, time: str, way: int) -> str:
    return _written(getattr(row, time), row.pk, way)


def _written(at: datetime, row_id: int, way: int) -> str:
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}:{row_id}:{way}"
