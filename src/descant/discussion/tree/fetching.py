"""The queries of a page: each by an index, each with a bound on the rows it touches."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from descant.discussion.models import TEXT_ID, WORDPRESS_ID, Comment, Thread
from descant.discussion.tree.paths import after_branch, id_at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS = {"best": ("score", "-"), "newest": ("created_at", "-"), "oldest": ("created_at", "")}
UNREAD = "author_email"  # never on a page, so never read for one


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
        tops = self._drawn().filter(parent=None)
        column, sign = _ORDERS[order]
        if after is not None:
            key = after[0] if column == "score" else _EPOCH + timedelta(microseconds=int(after[0]))
            tops = past(tops, column, (key, after[1]), rising=not sign)
        return self._rows(tops.order_by(f"{sign}{column}", f"{sign}id")[:rows])

    def windows(self, windows: Sequence[Window]) -> Mapping[int, Sequence[Comment]]:
        """The rows of several windows by one query; keyed by the id at the top of each path."""
        if not windows:
            return {}
        found: dict[int, list[Comment]] = defaultdict(list)
        sql, arguments = self._union(windows)
        for comment in self._loaded(Comment.objects.raw(sql, arguments, using=self.alias)):
            found[id_at(comment.path, 0)].append(comment)
        return found

    def branch(self, window: Window) -> Sequence[Comment]:
        """The rows of one window, in reading order."""
        below = self._drawn().filter(path__gt=window.after, path__lt=after_branch(window.path))
        return self._rows(below.order_by("path")[: window.rows])

    def with_ids(self, wanted: Collection[int]) -> Mapping[int, Comment]:
        """Comments of this thread by their ids."""
        if not wanted:
            return {}
        rows = Comment.objects.using(self.alias).filter(id__in=wanted, thread=self.thread)
        return {comment.pk: comment for comment in self._rows(rows)}

    def with_id(self, written: str) -> Comment | None:
        """The drawn comment with this id of ours."""
        if not (written.isascii() and written.isdecimal() and len(written) < 19):
            return None
        found = self._rows(self._drawn().filter(pk=int(written)))
        return found[0] if found else None

    def arrived_as(self, written: str) -> Comment | None:
        """The drawn comment that had this id at the service it was imported from."""
        names = [written, f"{TEXT_ID}{written}", f"{TEXT_ID}{WORDPRESS_ID}{written}"]
        rows = self._drawn().filter(forum=self.thread.forum_id, source_id__in=names)
        found = self._rows(rows.order_by("created_at", "id")[: len(names)])
        return min(found, key=lambda comment: names.index(str(comment.source_id)), default=None)

    def _drawn(self) -> QuerySet[Comment]:
        rows: QuerySet[Comment] = Comment.objects.using(self.alias).drawn().filter(thread=self.thread)
        return rows

    def _union(self, windows: Sequence[Window]) -> tuple[str, list[object]]:
        """Django refuses a UNION of limited queries on SQLite, so this one is written out."""
        quote = connections[self.alias].ops.quote_name
        columns = ", ".join(
            quote(str(each.column)) for each in Comment._meta.concrete_fields if each.name != UNREAD
        )
        one = (
            f"SELECT * FROM (SELECT {columns} FROM {quote(Comment._meta.db_table)}"
            f" WHERE thread_id = %s AND drawn = TRUE AND path > %s AND path < %s ORDER BY path LIMIT %s) AS few"
        )
        arguments: list[object] = []
        for each in windows:
            arguments += [self.thread.pk, each.after, after_branch(each.path), each.rows]
        return " UNION ALL ".join([one] * len(windows)), arguments

    def _rows(self, chosen: QuerySet[Comment]) -> Sequence[Comment]:
        return self._loaded(chosen.defer(UNREAD))

    def _loaded(self, chosen: Iterable[Comment]) -> Sequence[Comment]:
        rows = list(chosen)
        for comment in rows:
            comment.thread = self.thread
        return rows


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
