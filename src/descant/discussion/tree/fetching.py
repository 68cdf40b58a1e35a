"""The queries of a page: each by an index, each with a bound on the rows it touches."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from descant.discussion.models import TEXT_ID, WORDPRESS_ID, Comment, Thread
from descant.discussion.tree.paths import after_branch, id_at
from django_headroom.skinny import Columns

_DRAWN = "drawn = TRUE"  # stands on a page
_BELOW = f"{_DRAWN} AND path > %s AND path < %s ORDER BY path"
_BELOW_EACH = f"{_DRAWN} AND path > each.after AND path < each.until ORDER BY path"
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


@dataclass(frozen=True)
class Shelf:
    """A thread in one copy of its database."""

    alias: str
    thread: Thread

    def tops(self, order: str, after: tuple[float, int] | None, rows: int) -> Sequence[Comment]:
        """Top-level comments in an order, after a key of it."""
        column, falling = _ORDERS[order]
        way = "DESC" if falling else "ASC"
        where, arguments = f"{_DRAWN} AND parent_id IS NULL", []
        if after is not None:
            where += f" AND ({column}, id) {'<' if falling else '>'} (%s, %s)"
            arguments = [self._at(column, after[0]), after[1]]
        return self._rows(f"{where} ORDER BY {column} {way}, id {way} LIMIT {rows:d}", *arguments)

    def windows(self, windows: Sequence[Window]) -> Mapping[int, Sequence[Comment]]:
        """The rows of several windows by one query; keyed by the id at the top of each path."""
        if not windows:
            return {}
        found: dict[int, list[Comment]] = defaultdict(list)
        for comment in _READ.rows(self.alias, *self._together(windows)):
            found[id_at(comment.path, 0)].append(comment)
        for rows in found.values():
            rows.sort(key=attrgetter("path"))
        return found

    def branch(self, window: Window) -> Sequence[Comment]:
        """The rows of one window, in reading order."""
        return self._rows(f"{_BELOW} LIMIT {window.rows:d}", window.after, after_branch(window.path))

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

    def _rows(self, where: str, *arguments: object) -> Sequence[Comment]:
        return _READ.rows(self.alias, f"{self._reading()} AND {where}", [self.thread.pk, *arguments])

    def _together(self, windows: Sequence[Window]) -> tuple[str, list[object]]:
        """One statement for several windows; on PostgreSQL the same for any number, so that it is planned once."""
        bounds = [(each.after, after_branch(each.path), each.rows) for each in windows]
        if connections[self.alias].vendor == "postgresql":
            few = f"{self._reading()} AND {_BELOW_EACH} LIMIT each.most"
            sql = (
                "SELECT few.* FROM unnest(%s::bytea[], %s::bytea[], %s::int[]) AS each (after, until, most),"
                f" LATERAL ({few}) AS few"
            )
            return sql, [*map(list, zip(*bounds, strict=True)), self.thread.pk]
        one = f"SELECT * FROM ({self._reading()} AND {_BELOW} LIMIT %s)"
        arguments = [each for bound in bounds for each in (self.thread.pk, *bound)]
        return " UNION ALL ".join([one] * len(bounds)), arguments

    def _reading(self) -> str:
        return f"SELECT {_READ.written(self.alias)} FROM {Comment._meta.db_table} WHERE thread_id = %s"

    def _at(self, column: str, key: float) -> Any:
        if column == "score":
            return key
        moment = _EPOCH + timedelta(microseconds=int(key))
        return connections[self.alias].ops.adapt_datetimefield_value(moment)


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
