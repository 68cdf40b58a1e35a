"""A replica that lags: for a block its alias answers from the state at the block's beginning."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from typing import Any

from django.db import connections
from django.test.testcases import DatabaseOperationForbidden  # type: ignore[attr-defined]  # unknown to its stubs

from django_headroom.testing import read_only
from django_headroom.testing.replicas import primary_of
from django_headroom.testing.statements import attach

_IN_ERROR = 3  # libpq's PQTRANS_INERROR
_numbers = count(1)


@contextmanager
def replica_lag(*aliases: str, frozen: bool = True) -> Iterator[None]:
    """For a block, let replicas answer from the state at its beginning, whatever is written to their primaries.

    On PostgreSQL the tables are copied into a schema that is in front of the replica's search path, so also other
    threads see the old state, and a ``TestCase`` sees what it had written itself. On SQLite the alias gets a copy of
    the database in memory, in this thread.

    Args:
        aliases: the replicas; none means all that the settings know and the test may use.
        frozen: False leaves everything as it is, for tests that are run both ways.

    >>> with replica_lag(frozen=True):
    ...     post_comment(...)
    ...     assert not Comment.objects.using("p1_replica").exists()
    """
    with ExitStack() as stack:
        if frozen:
            for alias in aliases or [each for each in connections if primary_of(connections[each])]:
                with suppress(*(() if aliases else (DatabaseOperationForbidden,))):
                    stack.enter_context(_held(alias))
        yield


@contextmanager
def _held(alias: str) -> Iterator[None]:
    primary = connections[primary_of(connections[alias]) or alias]
    primary.ensure_connection()
    with (_copy_in_memory if primary.vendor == "sqlite" else _copy_in_schema)(alias, primary):
        yield


@contextmanager
def _copy_in_schema(alias: str, primary: Any) -> Iterator[None]:
    schema, quote = f"headroom_held_{next(_numbers)}", primary.ops.quote_name
    with primary.connection.cursor() as cursor:
        tables = [quote(name) for name in primary.introspection.table_names(cursor)]
        # With their keys, as GROUP BY relies on them.
        copies = [
            f"CREATE TABLE {schema}.{table} (LIKE {table} INCLUDING INDEXES);"
            f" INSERT INTO {schema}.{table} SELECT * FROM {table}"
            for table in tables
        ]
        cursor.execute("SHOW search_path")
        path = f"{schema}, {cursor.fetchone()[0]}"
        cursor.execute("; ".join([f"CREATE SCHEMA {schema}", *copies]))
    read_only.paths[alias] = path
    try:
        yield
    finally:
        del read_only.paths[alias]
        if primary.connection.info.transaction_status != _IN_ERROR:  # else it goes with the transaction
            with primary.connection.cursor() as cursor:
                cursor.execute(f"DROP SCHEMA {schema} CASCADE")


@contextmanager
def _copy_in_memory(alias: str, primary: Any) -> Iterator[None]:
    content = bytearray(primary.connection.serialize())
    content[18:20] = b"\x01\x01"  # a database in memory has no write-ahead log
    live = connections[alias]
    copy = type(connections[primary.alias])({**live.settings_dict, "NAME": ":memory:"}, alias)
    copy.ensure_connection()
    copy.connection.deserialize(bytes(content))
    attach(copy)
    connections[alias] = copy
    try:
        yield
    finally:
        connections[alias] = live
        copy.connection.close()
