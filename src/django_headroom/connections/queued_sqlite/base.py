"""A database engine, ``django_headroom.connections.queued_sqlite``: writers take turns by a lock beside the file.

SQLite's own waiting is a sleep and a retry: under many writers some wait past any time-out and see "database is
locked". In a queue each is woken when it is her turn, and who holds on too long fails the others by name.
"""

import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, operations

from django_headroom.connections.queued_sqlite.turns import Turns

PATIENCE = 5.0  # seconds, where OPTIONS["timeout"] does not say: as long as SQLite itself would try
READING = ("SELECT", "PRAGMA", "EXPLAI", "SAVEPO", "RELEAS", "ROLLBA")
_WITH = re.compile(r"\s*WITH\b", re.IGNORECASE)
_WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)

_taken: set[tuple[int, str]] = set()  # (thread, file): who would wait for herself is told so instead


# Django makes ? of each %s anew whenever a statement is sent, which takes longer than many a statement.
_converted = lru_cache(maxsize=1_024)(
    partial(base.SQLiteCursorWrapper.convert_query, None)  # type: ignore[arg-type]  # it asks nothing of the cursor
)


class Cursor(base.SQLiteCursorWrapper):
    """Django's, but that it remembers how statements are written for the driver."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        return (
            _converted(query)
            if param_names is None
            else super().convert_query(query, param_names=param_names)
        )


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, but that a moment takes fewer steps where it is kept in UTC."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if type(value) is datetime and value.tzinfo is None and connection.timezone is UTC:
            return value.replace(tzinfo=UTC)
        return super().convert_datetimefield_value(value, expression, connection)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection; it stands in the queue from the first word of a write to its commit."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._queue: Turns | None = None
        self._turn: tuple[int, str] | None = None
        self.execute_wrappers.append(self._take_turn_for_a_write)

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django's own, unknown to its stubs
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # Django's own, unknown to its stubs
        finally:
            self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # Django's own, unknown to its stubs
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # Django's own, unknown to its stubs
        finally:
            self._end_turn()
            if self._queue is not None:
                self._queue.close()
                self._queue = None

    def _take_turn_for_a_write(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if self._turn or only_reads(sql):
            return execute(sql, params, many, context)
        self._take_turn()
        try:
            return execute(sql, params, many, context)
        finally:
            if self.get_autocommit() and not self.in_atomic_block:
                self._end_turn()

    def _take_turn(self) -> None:
        if self._turn or self.is_in_memory_db():
            return
        turn = threading.get_ident(), os.path.abspath(self.settings_dict["NAME"])
        if turn in _taken:
            raise OperationalError(
                f"{self.alias!r} would wait for ever: this thread is writing to {turn[1]} through another alias. "
                f"End that transaction first, or give each file one alias."
            )
        if self._queue is None:
            self._queue = Turns(turn[1])
        patience = float(self.settings_dict["OPTIONS"].get("timeout", PATIENCE))
        if not self._queue.take(patience):
            raise OperationalError(
                f"No turn to write to {turn[1]} came in {patience:g} seconds: one writer keeps its own. `lslocks` "
                f"names the process that holds …-queue: continue it if it is stopped, end it if it hangs; if its "
                f"transactions are that long, shorten them, or raise OPTIONS['timeout'] of {self.alias!r}."
            )
        self._turn = turn
        _taken.add(turn)

    def _end_turn(self) -> None:
        if self._turn and self._queue is not None:
            _taken.discard(self._turn)
            self._queue.end()
        self._turn = None


@lru_cache(maxsize=2_048)
def only_reads(sql: str) -> bool:
    """Whether a statement needs no turn. What begins by WITH may write; in doubt it takes one, which does no harm."""
    return sql.lstrip()[:6].upper() in READING or (bool(_WITH.match(sql)) and not _WRITING.search(sql))
