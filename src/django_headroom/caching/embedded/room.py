"""Room in a file that is full: what was read of late stays, what was not goes.

It is the clock of Corbató (1968): the hand passes over some rows, takes away those that were not read since it passed
last, and forgets of the others that they were. So a walk through what is wanted once, a crawler's, takes away its own.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 32
FIRST = -(1 << 63)


def make_room(connection: sqlite3.Connection) -> None:
    """Let the hand, which all processes have together, pass over some rows.

    Raises:
        sqlite3.Error: somebody else writes, or the file is broken.
    """
    with transaction(connection):
        passed = connection.execute(
            "SELECT id, is_read AND until > ? FROM held WHERE id > (SELECT at FROM hand) ORDER BY id LIMIT ?",
            (time.time(), AT_ONCE),
        ).fetchall()
        at = passed[-1][0] if len(passed) == AT_ONCE else FIRST
        connection.execute("UPDATE hand SET at = ?", (at,))
        connection.executemany(
            "DELETE FROM held WHERE id = ?", [(row,) for row, stays in passed if not stays]
        )
        connection.executemany(
            "UPDATE held SET is_read = 0 WHERE id = ?", [(row,) for row, stays in passed if stays]
        )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, without a reader turned writer half-way."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
