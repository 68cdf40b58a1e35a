"""Which statements write, and how to stand before each statement of a connection."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# What reads, or is a transaction's own word. Everything else is taken for a write.
_READS = re.compile(
    r"(?:SELECT|EXPLAIN|SHOW|VALUES|FETCH|DECLARE|CLOSE|PRAGMA|SET|RESET|BEGIN|COMMIT|ROLLBACK)\b", re.I
)
_LOCKS = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b", re.I)
_POINTS = ("SAVEPOINT", "RELEASE")
_BEFORE_THE_VERB = re.compile(r"(?:\s+|\(|--[^\n]*\n|/\*.*?\*/)+", re.S)


def is_write(statement: Any) -> bool:
    """Whether a statement writes, or locks rows for whoever will; judged by its first word."""
    # psycopg takes statements put together by its own classes as well.
    sql = statement if isinstance(statement, str) else str(statement.as_string(None))
    found = _BEFORE_THE_VERB.match(sql)
    start = found.end() if found else 0
    if _READS.match(sql, start):
        return _LOCKS.search(sql, start) is not None
    is_reading_with = sql[start : start + 4].upper() == "WITH" and not re.search(
        r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", sql, re.I
    )
    return not is_reading_with


def is_point(statement: Any) -> bool:
    """Whether a statement only sets or releases a savepoint."""
    return isinstance(statement, str) and statement.startswith(_POINTS)


@contextmanager
def in_front(connection: Any, wrapper: Callable[..., Any]) -> Iterator[None]:
    """As Django's ``execute_wrapper``, before all others: the queue of ``queued_sqlite`` begins with the BEGIN."""
    connection.execute_wrappers.insert(0, wrapper)
    try:
        yield
    finally:
        connection.execute_wrappers.remove(wrapper)
