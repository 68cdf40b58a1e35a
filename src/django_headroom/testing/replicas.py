"""Replicas in tests: in a ``TestCase`` one sees what the test wrote to its primary; it refuses writes everywhere.

A replica's alias names its primary by Django's ``TEST = {"MIRROR": …}``. Django opens a second connection for it, which
sees nothing of a test's transaction and takes writes. Here, while a test's transaction is open, the alias has a proxy:
the primary's own connection under another name, with its own counts. After the DatabaseProxy of slide 46 of the talk.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InternalError, connections
from django.db.transaction import TransactionManagementError

from django_headroom.replicas import OnlyForReading
from django_headroom.testing import read_only
from django_headroom.testing.dumping import place_of_call
from django_headroom.testing.statements import Execute, attach, is_of_transactions

_OWN = {
    "alias",
    "settings_dict",
    "execute_wrappers",
    "queries_log",
    "force_debug_cursor",
    "needs_rollback",
    "primary",
}

_broken_by: dict[tuple[int, str], str] = {}


class ReadOnlyAlias(OnlyForReading, InternalError):
    """A statement that writes, sent to a replica; of the kind that a real replica's refusal is."""


def primary_of(connection: Any) -> str | None:
    """The alias that a connection's alias mirrors; None if it is no replica's."""
    mirrored: str | None = connection.settings_dict.get("TEST", {}).get("MIRROR")
    return mirrored


@contextmanager
def proxies(aliases: frozenset[str]) -> Iterator[None]:
    """Give each replica among the aliases its primary's connection, if that is among them as well, in this thread."""
    before = {}
    for alias in aliases:
        connection = connections[alias]
        primary = primary_of(connection)
        if primary in aliases and not isinstance(connection, ReplicaProxy):
            before[alias] = connection
            connections[alias] = _proxy(connection, connections[primary])
    try:
        yield
    finally:
        for alias, connection in before.items():
            connections[alias] = connection


class ReplicaProxy:
    """Mixed in front of a back end's connection: methods are called on the proxy, state is the primary's."""

    primary: Any

    def __getattribute__(self, name: str) -> Any:
        own: dict[str, Any] = object.__getattribute__(self, "__dict__")
        if name not in own and name in (state := vars(own["primary"])) and not _is_method(self, name):
            return state[name]
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """A method that somebody replaces, as Django does to forbid an alias, is replaced here alone."""
        if name in _OWN or _is_method(self, name):
            object.__setattr__(self, name, value)
        else:
            setattr(self.primary, name, value)

    def close(self) -> None:
        """The connection is the primary's, with the test's transaction: it stays."""

    def validate_no_broken_transaction(self) -> None:
        """A query that failed here has undone itself; only the primary's can break what both are in."""
        self.primary.validate_no_broken_transaction()

    def _savepoint(self, sid: str) -> None:
        """There is nothing to undo here, and what the primary writes meanwhile is not to be undone with it."""

    _savepoint_rollback = _savepoint_commit = _savepoint


def _is_method(connection: Any, name: str) -> bool:
    return callable(getattr(type(connection), name, None))


def _proxy(replica: Any, primary: Any) -> Any:
    proxy: Any = object.__new__(type("ReplicaProxy", (ReplicaProxy, type(primary)), {}))
    proxy.primary = primary
    proxy.alias, proxy.settings_dict = replica.alias, replica.settings_dict
    proxy.execute_wrappers, proxy.queries_log = [], deque(maxlen=replica.queries_limit)
    proxy.force_debug_cursor = proxy.needs_rollback = False
    attach(proxy)
    return proxy


def guard(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Refuse what writes through a replica, and say which alias has broken a transaction that is broken.

    An execute wrapper; the test runs put it around every statement.

    Raises:
        ReadOnlyAlias: the statement writes, or locks rows, or draws from a sequence.
    """
    connection = context["connection"]
    try:
        if primary_of(connection) is None or is_of_transactions(sql):
            return execute(sql, params, many, context)
        with read_only.statement(connection):
            return execute(sql, params, many, context)
    except OnlyForReading as error:  # refused before it was sent
        raise _refusal(connection, sql, error) from error
    except DatabaseError as error:
        if primary_of(connection) is not None and read_only.is_refusal(error):
            raise _refusal(connection, sql, error) from error
        _name_who_broke_it(connection, sql, error)
        raise


def _refusal(connection: Any, sql: str, error: Exception) -> ReadOnlyAlias:
    primary = primary_of(connection)
    first = f"{error}\n" if isinstance(error, OnlyForReading) else ""
    return ReadOnlyAlias(
        f"{first}{connection.alias!r} is a replica of {primary!r} and takes no writes ({place_of_call()}): "
        f"send this to {primary!r}.\n{sql}\n{error}"
    )


def _name_who_broke_it(connection: Any, sql: str, error: DatabaseError) -> None:
    whose = threading.get_ident(), primary_of(connection) or connection.alias
    follows = isinstance(error, TransactionManagementError) or _sqlstate(error) == "25P02"
    if not follows:
        _broken_by[whose] = f"{connection.alias!r} at {place_of_call()}, by {sql!r}: {error}"
    elif whose in _broken_by:
        error.add_note(f"The transaction was broken through the alias {_broken_by[whose]}")


def _sqlstate(error: DatabaseError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
