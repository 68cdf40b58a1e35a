"""A statement that may only read: the database itself is told so for its length, and judges.

No word of the statement is looked at. So ``WITH … SELECT`` passes, and what a real replica would refuse is refused
however it is written: ``WITH … INSERT``, ``SELECT … FOR UPDATE``, ``nextval``, functions that write.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import DatabaseError, NotSupportedError

# The search path under which a replica's alias reads: the state at which it is held (freezing.py), if at any.
paths: dict[str, str] = {}

_SAVEPOINT = "headroom_replica"


def statement(connection: Any) -> AbstractContextManager[None]:
    """While it is open, the database takes no writes on this connection."""
    try:
        return _WAYS[connection.vendor](connection)
    except KeyError:
        raise NotSupportedError(
            f"Replicas are guarded in tests on {' and '.join(_WAYS)}, and {connection.alias!r} is on "
            f"{connection.vendor}: leave it out of the databases of this test."
        ) from None


def is_refusal(error: DatabaseError) -> bool:
    """Whether the database refused to write for this reason."""
    cause: Any = error.__cause__
    if hasattr(cause, "sqlstate"):
        return bool(cause.sqlstate == "25006")
    return str(getattr(cause, "sqlite_errorname", "")).startswith("SQLITE_READONLY")


@contextmanager
def _on_sqlite(connection: Any) -> Iterator[None]:
    connection.ensure_connection()
    connection.connection.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        connection.connection.execute("PRAGMA query_only = OFF")


@contextmanager
def _on_postgresql(connection: Any) -> Iterator[None]:
    connection.ensure_connection()
    path = paths.get(connection.alias)
    if not connection.in_atomic_block:
        _say(connection, f"SET default_transaction_read_only = on; SET search_path = {path or 'DEFAULT'}")
        yield
        return
    # A subtransaction may be read-only inside one that is not; with its end the outer one's right returns. An error
    # ends it as well, so a query that fails on the replica does not break the transaction of its primary.
    _say(connection, f"SAVEPOINT {_SAVEPOINT}; SET LOCAL transaction_read_only = on")
    try:
        if path:
            before = _say(connection, "SHOW search_path")
            _say(connection, f"SET LOCAL search_path = {path}")
        yield
    except BaseException:
        _say(connection, f"ROLLBACK TO {_SAVEPOINT}; RELEASE {_SAVEPOINT}")
        raise
    _say(connection, f"RELEASE {_SAVEPOINT}" + (f"; SET LOCAL search_path = {before}" if path else ""))


def _say(connection: Any, sql: str) -> str:
    """Past Django's cursors: what the guard says is neither counted nor guarded."""
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0]) if cursor.description else ""


_WAYS: dict[str, Callable[[Any], AbstractContextManager[None]]] = {
    "sqlite": _on_sqlite,
    "postgresql": _on_postgresql,
}
