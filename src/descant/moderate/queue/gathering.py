"""Rows of many forums by one statement for each partition: each forum's in its own index's order, then merged.

``forum IN (…)`` with an order and a limit would have a database sort all that they have; so each forum, and each state,
is asked for its first few, and the rows themselves are fetched for what is left of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connections

from descant.discussion.models import Comment, Thread
from descant.discussion.reading.by_time import Moment
from django_headroom.updates import as_python

COUNTED_MOST = 10_000


@dataclass(frozen=True)
class Number:
    """How many; not exact if there are more than are counted."""

    value: int = 0
    is_exact: bool = True

    def __add__(self, other: "Number") -> "Number":
        return Number(self.value + other.value, self.is_exact and other.is_exact)

    def __str__(self) -> str:
        return f"{self.value:,}" if self.is_exact else f"{COUNTED_MOST:,}+"

    @classmethod
    def counted(cls, found: int) -> "Number":
        return cls(found) if found <= COUNTED_MOST else cls(COUNTED_MOST, False)


@dataclass(frozen=True)
class Row:
    """A comment with its thread; ``alike`` says how many of its flood it stands for, itself included."""

    comment: Comment
    alike: Number = Number(1)


@dataclass(frozen=True)
class Wanted:
    """What one partition is asked for."""

    rows: Sequence[Any]  # querysets of comments
    numbers: Mapping[Any, Any]  # name -> queryset to count
    newest: bool
    limit: int
    looked_at: bool = False  # of floods only comments that need a look are counted
    ends: Sequence[
        Any
    ] = ()  # querysets of one comment each, of which only the place in the order of time is told


@dataclass(frozen=True)
class Found:
    """What one partition has answered."""

    rows: list[Row]
    numbers: dict[Any, Number]
    ends: list[Moment]


def ask(alias: str, wanted: Wanted) -> Found:
    """The first rows, the numbers and the ends of a partition, by one statement."""
    names = list(wanted.numbers)
    counting, count_params = _counting(alias, wanted)
    listing, list_params = _listing(alias, wanted)
    fields = [*Comment._meta.concrete_fields, *Thread._meta.concrete_fields]
    quote = connections[alias].ops.quote_name
    columns = [f"c.{quote(str(field.column))}" for field in Comment._meta.concrete_fields]
    columns += [f"t.{quote(str(field.column))}" for field in Thread._meta.concrete_fields]
    sql = (
        f"SELECT n.*, {_alike(wanted.looked_at)}, {', '.join(columns)} FROM ({counting}) AS n"
        f" LEFT JOIN ({listing}) AS r ON 1 = 1"
        f" LEFT JOIN {Comment._meta.db_table} AS c ON c.id = r.id"
        f" LEFT JOIN {Thread._meta.db_table} AS t ON t.id = c.thread_id {_order('r', wanted.newest)}"
    )
    found = _fetch(alias, sql, [*count_params, *list_params])
    numbers = dict(zip(names, map(Number.counted, found[0]), strict=False))
    ends = _ends(alias, found[0][len(names) : len(names) + 2 * len(wanted.ends)])
    at = len(names) + 2 * len(wanted.ends)
    rows = [_row(alias, fields, line[at:]) for line in found if line[at + 1] is not None]
    return Found(rows, numbers, ends)


def together(alias: str, model: Any, parts: Sequence[Any]) -> list[list[Any]]:
    """The rows of several querysets of one model, by one statement; each has its own order and limit."""
    every, params = [], []
    for number, rows in enumerate(parts):
        sql, its = _sql(alias, rows)
        every.append(f"SELECT {number} AS part, p{number}.* FROM ({sql}) AS p{number}")
        params += its
    found: list[list[Any]] = [[] for _part in parts]
    for number, *values in _fetch(alias, " UNION ALL ".join(every), params):
        found[number].append(_from_db(alias, model, model._meta.concrete_fields, values))
    return found


def _counting(alias: str, wanted: Wanted) -> tuple[str, list[Any]]:
    every, params = [], []
    for number, rows in enumerate(wanted.numbers.values()):
        sql, its = _sql(alias, rows.values_list("id")[: COUNTED_MOST + 1])
        every.append(f"(SELECT COUNT(*) FROM ({sql}) AS k{number}) AS n{number}")
        params += its
    for number, rows in enumerate(wanted.ends):
        for column in ("created_at", "id"):
            sql, its = _sql(alias, rows.values_list(column))
            every.append(f"({sql}) AS {column}_{number}")
            params += its
    return f"SELECT {', '.join(every)}", params


def _ends(alias: str, values: Sequence[Any]) -> list[Moment]:
    field, connection = Comment._meta.get_field("created_at"), connections[alias]
    pairs = zip(values[::2], values[1::2], strict=True)
    return [Moment(as_python(field, at, connection), key) for at, key in pairs if key is not None]


def _listing(alias: str, wanted: Wanted) -> tuple[str, list[Any]]:
    every, params = [], []
    sign = "-" if wanted.newest else ""
    for number, rows in enumerate(wanted.rows):
        few = rows.order_by(f"{sign}created_at", f"{sign}id").values_list("id", "created_at")[: wanted.limit]
        sql, its = _sql(alias, few)
        every.append(f"SELECT * FROM ({sql}) AS p{number}")
        params += its
    order = _order("every_one", wanted.newest)
    return f"SELECT * FROM ({' UNION ALL '.join(every)}) AS every_one {order} LIMIT {wanted.limit}", params


def _alike(looked_at: bool) -> str:
    """How many comments of a row's flood are in its state; asked for the few rows of a page alone."""
    table, also = Comment._meta.db_table, " AND o.needs_look" if looked_at else ""
    return (
        f"CASE WHEN c.flood IS NULL THEN 1 ELSE (SELECT COUNT(*) FROM (SELECT 1 FROM {table} AS o"
        f" WHERE o.forum_id = c.forum_id AND o.flood = c.flood AND o.state = c.state{also}"
        f" LIMIT {COUNTED_MOST + 1}) AS of_flood) END AS alike"
    )


def _order(table: str, newest: bool) -> str:
    way = "DESC" if newest else "ASC"
    return f"ORDER BY {table}.created_at {way}, {table}.id {way}"


def _sql(alias: str, rows: Any) -> tuple[str, list[Any]]:
    sql, params = rows.query.get_compiler(using=alias).as_sql()
    return sql, list(params)


def _fetch(alias: str, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _row(alias: str, fields: Sequence[Any], values: Sequence[Any]) -> Row:
    alike, *columns = values
    of_comment = len(Comment._meta.concrete_fields)
    comment = _from_db(alias, Comment, fields[:of_comment], columns[:of_comment])
    comment.thread = _from_db(alias, Thread, fields[of_comment:], columns[of_comment:])
    return Row(comment, Number.counted(alike))


def _from_db(alias: str, model: Any, fields: Sequence[Any], values: Sequence[Any]) -> Any:
    connection = connections[alias]
    names = [field.attname for field in fields]
    plain = [as_python(field, value, connection) for field, value in zip(fields, values, strict=True)]
    return model.from_db(alias, names, plain)


def merged(parts: Sequence[Sequence[Row]], *, newest: bool, limit: int) -> list[Row]:
    """The rows of several partitions in one order."""
    every = sorted(chain(*parts), key=lambda row: (row.comment.created_at, row.comment.pk), reverse=newest)
    return every[:limit]
