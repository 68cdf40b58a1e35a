"""``Chain``: writes that hang on one another, sent as one statement where the database can take them so.

In a transaction of several statements a row stays locked while Python thinks and the network carries; at a hot row
everybody waits for that. PostgreSQL takes the whole as one statement (``WITH`` that changes rows): one round trip, and
the lock is held for as long as the database itself needs. Elsewhere the writes follow one another in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections, models, transaction
from django.db.models.sql import UpdateQuery

from django_headroom.identity import written
from django_headroom.transactions import note_write
from django_headroom.updates import as_python, fields_to_insert, values_to_insert
from django_headroom.updates.stepping import insert_by


@dataclass(frozen=True)
class _Write:
    sql: str
    arguments: Sequence[Any]


@dataclass(frozen=True)
class _Insert:
    row: models.Model
    stamped: Mapping[str, str]  # column of the new row -> column of the head


class Chain:
    """Writes to one database: guards, then the head, then what hangs on the head.

    Where a guard or the head finds no row, neither the head nor what hangs on it is written; what guards wrote stays.
    No row may be written twice by one chain.

    Args:
        alias: the database.
        head: a saved row, which is stepped and on which the rest hangs.
        when: what the row must still be, as columns with their values.
        by: whole-number columns, with what is added to each.

    >>> chain = Chain("p1", head=thread, when={"state": "open"}, by={"version": 1, "comments_shown": 1})
    >>> chain.insert(comment, version="version")  # the new row bears the version that its thread has then
    >>> chain.run()
    True
    """

    def __init__(
        self, alias: str, *, head: models.Model, when: Mapping[str, Any], by: Mapping[str, int]
    ) -> None:
        self.alias, self.head, self.by = alias, head, by
        self._step = _stepping(head, when, by, connections[alias].ops.quote_name)
        self._guards: list[_Write] = []
        self._hung: list[_Write | _Insert] = []

    def guard(self, sql: str, arguments: Sequence[Any]) -> None:
        """Ask for a write before the head that must find a row: SQL to which RETURNING can be added."""
        self._guards.append(_Write(sql, arguments))

    def update(self, rows: models.QuerySet[Any], **columns: Any) -> None:
        """Change the rows chosen, none or many."""
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(columns)
        self._hung.append(_Write(*query.get_compiler(self.alias).as_sql()))

    def insert(self, row: models.Model, **stamped: str) -> None:
        """Add a row with plain values; ``stamped`` columns take what the head's columns of these names then hold."""
        self._hung.append(_Insert(row, stamped))

    def run(self) -> bool:
        """Write all of it, or, where a guard or the head finds no row, nothing but guards.

        Returns:
            Whether the head and what hangs on it was written; its rows then have the values of the database.

        Raises:
            IntegrityError: a constraint refused one of the rows, and nothing at all was written.
        """
        connection = connections[self.alias]
        as_one = connection.vendor == "postgresql"
        write = self._run_as_one if as_one else self._run_in_turn
        if as_one and not connection.in_atomic_block:
            is_whole = write()  # one statement is a transaction by itself
        else:
            with transaction.atomic(using=self.alias):
                is_whole = write()
        note_write(self.alias)
        return is_whole

    def _run_as_one(self) -> bool:
        parts: list[str] = []
        arguments: list[Any] = []
        before = ""
        for number, guard in enumerate(self._guards):
            parts.append(f"guard_{number} AS ({guard.sql} RETURNING 1)")
            arguments += guard.arguments
            before += f" AND EXISTS (SELECT FROM guard_{number})"
        parts.append(f"head AS ({self._step.sql}{before} RETURNING {self._columns()})")
        arguments += self._step.arguments
        for number, each in enumerate(self._hung):
            sql, more = self._on_head(each)
            parts.append(f"hung_{number} AS ({sql})")
            arguments += more
        with connections[self.alias].cursor() as cursor:
            found = _asked(cursor, f"WITH {', '.join(parts)} SELECT * FROM head", arguments)
        if found is None:
            return False
        self._take_over(found)
        for each in self._hung:
            if isinstance(each, _Insert):
                each.row._state.adding, each.row._state.db = False, self.alias
                written(each.row, created=True)
        return True

    def _on_head(self, each: _Write | _Insert) -> tuple[str, Sequence[Any]]:
        if isinstance(each, _Write):
            return f"{each.sql} AND EXISTS (SELECT FROM head)", each.arguments
        stamped = tuple(each.stamped.items())
        shape, values = values_to_insert(each.row, self.alias, without=each.stamped)
        has_key = each.row.pk is not None
        return _insertion_from_head(type(each.row), self.alias, has_key, stamped, shape), values

    def _run_in_turn(self) -> bool:
        with connections[self.alias].cursor() as cursor:
            for guard in self._guards:
                if _asked(cursor, f"{guard.sql} RETURNING 1", guard.arguments) is None:
                    return False
            found = _asked(cursor, f"{self._step.sql} RETURNING {self._columns()}", self._step.arguments)
            if found is None:
                return False
            self._take_over(found)
            for each in self._hung:
                if isinstance(each, _Insert):
                    insert_by(cursor, each.row, self.alias)
                else:
                    cursor.execute(each.sql, each.arguments)
        return True

    def _columns(self) -> str:
        quote = connections[self.alias].ops.quote_name
        return ", ".join(quote(_column(self.head, name)) for name in self.by)

    def _take_over(self, found: Sequence[Any]) -> None:
        """Give the head, and the rows stamped with it, what the database holds."""
        connection = connections[self.alias]
        for name, value in zip(self.by, found, strict=True):
            own: Any = self.head._meta.get_field(name)
            setattr(self.head, own.attname, as_python(own, value, connection))
        written(self.head, self.by)
        for each in self._hung:
            if isinstance(each, _Insert):
                for name, of_head in each.stamped.items():
                    setattr(each.row, name, getattr(self.head, of_head))


def _asked(cursor: Any, sql: str, arguments: Sequence[Any]) -> Sequence[Any] | None:
    cursor.execute(sql, arguments)
    found: Sequence[Any] | None = cursor.fetchone()
    return found


def _stepping(row: models.Model, when: Mapping[str, Any], by: Mapping[str, int], quote: Any) -> _Write:
    columns = [quote(_column(row, name)) for name in by]
    steps = ", ".join(f"{column} = {column} + %s" for column in columns)
    asked = {"pk": row.pk, **{name: getattr(value, "value", value) for name, value in when.items()}}
    where = " AND ".join(f"{quote(_column(row, name))} = %s" for name in asked)
    return _Write(
        f"UPDATE {quote(row._meta.db_table)} SET {steps} WHERE {where}", [*by.values(), *asked.values()]
    )


@cache
def _insertion_from_head(
    model: type[models.Model],
    using: str,
    has_key: bool,
    stamped: tuple[tuple[str, str], ...],
    shape: tuple[str, ...],
) -> str:
    """The driver remembers how to send a statement of at most fifty values, so the ``shape`` has its constants."""
    connection, of_head = connections[using], dict(stamped)
    quote = connection.ops.quote_name
    fields, given = fields_to_insert(model, has_key), iter(shape)
    # A value in a SELECT has no column yet that tells its type.
    values = [
        f"head.{quote(of_head[own.name])}"
        if own.name in of_head
        else f"{next(given)}::{own.db_type(connection)}"
        for own in fields
    ]
    columns = ", ".join(quote(own.column) for own in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {', '.join(values)} FROM head"


def _column(row: models.Model, name: str) -> str:
    own: Any = row._meta.pk if name == "pk" else row._meta.get_field(name)
    return str(own.column)
