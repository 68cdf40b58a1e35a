"""The queries of a page: each by an index, each with a bound on the rows it touches."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

from descant.discussion.addressing.finding import Wanted
from descant.discussion.models import OF_DESCANT, TEXT_ID, WORDPRESS_ID, Comment, Thread
from descant.discussion.tree.paths import WIDTH, after_branch
from django_headroom.skinny import Columns

_DRAWN = "drawn = TRUE"  # stands on a page
_BELOW = f"{_DRAWN} AND path > %s AND path < %s ORDER BY path"
# Top-level comments, as many as fill so many lines with their first replies, and one more; and then those replies.
# Among them may be their thread, in columns of its own: one statement takes half the time of two.
_TOPS = """
WITH {at}first AS (SELECT {narrow} FROM {table} WHERE {where} ORDER BY {by} LIMIT {lines} + 1), counted AS (
    SELECT *, SUM(1 + CASE WHEN replies < {few} THEN replies ELSE {few} END)
    OVER (ORDER BY {by} ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) AS filled FROM first
), tops AS (SELECT * FROM counted WHERE COALESCE(filled, 0) < {lines})"""
_BELOW_TOP = f"""
    FROM {{table}} WHERE thread_id = tops.thread_id AND {_DRAWN} AND path > tops.path AND path < {{until}}
    ORDER BY path LIMIT {{few}}"""
# SQLite counts rows by carrying them whole, so it finds narrow ones and then those wanted by their ids. PostgreSQL
# would look up each row twice by that: 109 pages instead of 28.
_PAGE = {
    "postgresql": f"""{_TOPS}{{thread}}
SELECT {{no_thread}}{{columns}} FROM tops UNION ALL
SELECT {{no_thread}}each.* FROM tops, LATERAL (SELECT {{columns}} {_BELOW_TOP}) AS each WHERE tops.replies > 0""",
    "sqlite": f"""{_TOPS}{{thread}}
SELECT {{no_thread}}{{columns}} FROM {{table}} WHERE id IN (
    SELECT id FROM tops UNION ALL
    SELECT each.id FROM tops, {{table}} AS each WHERE each.id IN (SELECT id {_BELOW_TOP}) AND tops.replies > 0
)""",
}
_NARROW = {"postgresql": "{columns}", "sqlite": "id, thread_id, path, replies, {column}"}
_UNTIL = {"postgresql": "tops.path || '\\xff'::bytea", "sqlite": "CAST(tops.path || x'ff' AS BLOB)"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS = {"best": ("score", "-"), "newest": ("created_at", "-"), "oldest": ("created_at", "")}
# What a page needs of a comment, and all that is read for one.
_READ = Columns(
    Comment, "thread", "parent", "author", "guest", "author_name", "text", "format", "html", "html_version",
    "state", "created_at", "edited_at", "ups", "downs", "score", "level", "path", "replies",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """A few rows of a branch: those below ``path``, after the path ``after``, at most ``rows``."""

    path: bytes
    after: bytes
    rows: int


class Room(NamedTuple):
    """How much a page has room for: lines, and of them a few for the replies to each top-level comment."""

    lines: int
    few: int


@dataclass(frozen=True)
class Tops:
    """Top-level comments in an order, each with its first replies; ``are_last`` if none comes after them."""

    each: Sequence[tuple[Comment, Sequence[Comment]]]
    are_last: bool


@dataclass(frozen=True)
class Shelf:
    """A thread in one copy of its database."""

    alias: str
    thread: Thread

    @classmethod
    def with_tops(cls, alias: str, wanted: Wanted, order: str, room: Room) -> "tuple[Shelf, Tops] | None":
        """The thread and the first of its top-level comments, as ``tops`` gives them; one statement for both."""
        sql = _tops_sql(alias, order, False, room, wanted.sql(alias))
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, wanted.arguments)
            rows = cursor.fetchall()
        own = _columns_of_thread()
        found = next((row[:own] for row in rows if row[0] is not None), None)
        thread = wanted.thread_in(alias, found) if found else None
        if thread is None:
            return None
        comments = _READ.rows_of(alias, [row[own:] for row in rows if row[0] is None])
        return cls(alias, thread), _tops(comments, order, room)

    def tops(self, order: str, after: tuple[float, int], room: Room) -> Tops:
        """Top-level comments in an order, after a key of it, and a few replies of each: they fill so many lines."""
        column, (value, last) = _ORDERS[order][0], after
        sql = _tops_sql(self.alias, order, True, room)
        found = _READ.rows(self.alias, sql, [self.thread.pk, self._at(column, value), last])
        return _tops(found, order, room)

    def branch(self, window: Window) -> Sequence[Comment]:
        """The rows of one window, in reading order."""
        return self._rows(f"{_BELOW} LIMIT {window.rows:d}", window.after, after_branch(window.path))

    def changed(self, since: int, rows: int) -> Sequence[Comment]:
        """What was stamped after a version, up to the thread's own; the earliest first."""
        until = "version > %s AND version <= %s ORDER BY version, id"
        return self._rows(f"{until} LIMIT {rows:d}", since, self.thread.version)

    def with_ids(self, wanted: Collection[int]) -> Mapping[int, Comment]:
        """Comments of this thread by their ids."""
        if not wanted:
            return {}
        found = _READ.with_keys(self.alias, wanted)
        return {comment.pk: comment for comment in found if comment.thread_id == self.thread.pk}

    def with_id(self, written: str) -> Comment | None:
        """The drawn comment with this id of ours."""
        if not (written.isascii() and written.isdecimal() and len(written) < 19):
            return None
        return next(iter(self._rows(f"{_DRAWN} AND id = %s", int(written))), None)

    def arrived_as(self, written: str) -> Comment | None:
        """The drawn comment that had this id at the service it was imported from."""
        names = [written, f"{TEXT_ID}{written}", f"{TEXT_ID}{WORDPRESS_ID}{written}"]
        found = self._rows(
            f"{_DRAWN} AND forum_id = %s AND source_id IN (%s, %s, %s)"
            " ORDER BY CASE source_id WHEN %s THEN 0 WHEN %s THEN 1 ELSE 2 END, created_at, id LIMIT 1",
            *(self.thread.forum_id, *names, *names[:2]),
        )
        return next(iter(found), None)

    def moved_here_as(self, written: str) -> Comment | None:
        """The drawn comment that had this id of ours on another site of Descant's."""
        found = self._rows(
            f"{_DRAWN} AND forum_id = %s AND source_id = %s AND source = %s",
            *(self.thread.forum_id, written, OF_DESCANT),
        )
        return next(iter(found), None)

    def _rows(self, where: str, *arguments: object) -> Sequence[Comment]:
        return _READ.rows(self.alias, f"{self._reading()} AND {where}", [self.thread.pk, *arguments])

    def _reading(self) -> str:
        return f"SELECT {_READ.written(self.alias)} FROM {Comment._meta.db_table} WHERE thread_id = %s"

    def _at(self, column: str, key: float) -> Any:
        if column == "score":
            return key
        moment = _EPOCH + timedelta(microseconds=int(key))
        return connections[self.alias].ops.adapt_datetimefield_value(moment)


def _tops(found: Sequence[Comment], order: str, room: Room) -> Tops:
    column, falling = _ORDERS[order]
    tops = [comment for comment in found if comment.level == 0]
    tops.sort(key=attrgetter(column, "id"), reverse=bool(falling))
    below = _by_top(comment for comment in found if comment.level)
    filled = sum(1 + min(top.replies, room.few) for top in tops[:-1])
    return Tops([(top, below[top.path]) for top in tops], are_last=filled < room.lines)


@cache
def _columns_of_thread() -> int:
    return 1 + len(Thread._meta.concrete_fields)  # behind the address that leads to it


@cache
def _tops_sql(alias: str, order: str, is_after: bool, room: Room, thread: str = "") -> str:
    """The statement; for a thread that is known, or for the one which another statement finds, and then with it."""
    column, falling = _ORDERS[order]
    where = f"thread_id = {'(SELECT id FROM at)' if thread else '%s'} AND {_DRAWN} AND parent_id IS NULL"
    if is_after:
        where += f" AND ({column}, id) {'<' if falling else '>'} (%s, %s)"
    way = "DESC" if falling else "ASC"
    vendor, columns = connections[alias].vendor, _READ.written(alias)
    return _PAGE[vendor].format(
        where=where,
        by=f"{column} {way}, id {way}",
        lines=room.lines,
        few=room.few,
        narrow=_NARROW[vendor].format(columns=columns, column=column),
        columns=columns,
        table=Comment._meta.db_table,
        until=_UNTIL[vendor],
        at=f"at AS ({thread}), " if thread else "",
        thread=f"\nSELECT at.*{', NULL' * _READ.number} FROM at UNION ALL" if thread else "",
        no_thread="NULL, " * _columns_of_thread() if thread else "",
    )


def _by_top(replies: Iterable[Comment]) -> Mapping[bytes, Sequence[Comment]]:
    """Replies in reading order, by the path of the comment at the top."""
    found: dict[bytes, list[Comment]] = defaultdict(list)
    for comment in sorted(replies, key=attrgetter("path")):
        found[comment.path[:WIDTH]].append(comment)
    return found


def past(rows: QuerySet[Comment], column: str, key: tuple[Any, int], *, rising: bool) -> QuerySet[Comment]:
    """The rows after a key in the order (column, id): one comparison of pairs, at which an index can begin."""
    operations = connections[rows.db].ops
    table = operations.quote_name(Comment._meta.db_table)
    pair = f"({table}.{operations.quote_name(column)}, {table}.id)"
    at = operations.adapt_datetimefield_value(key[0]) if isinstance(key[0], datetime) else key[0]
    return rows.extra(where=[f"{pair} {'>' if rising else '<'} (%s, %s)"], params=[at, key[1]])


def key_in(order: str, comment: Comment) -> float:
    """A top-level comment's key in an order: its score, or its time in microseconds."""
    if order == "best":
        return comment.score
    return (comment.created_at - _EPOCH) // timedelta(microseconds=1)
