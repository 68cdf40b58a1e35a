"""``one_state(place)`` reads a database as it is at one moment, however long it takes and whatever is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

from django_headroom.transactions.writing import alias_of


@contextmanager
def one_state(place: Any) -> Iterator[str]:
    """For the block, what is read from the database of ``place`` is of one moment: that of the first query.

    Nobody waits for it, and it waits for nobody: on PostgreSQL it is a transaction that only reads, REPEATABLE READ; on
    SQLite in WAL mode a transaction that takes no turn to write. What is dead or in the log meanwhile is kept until the
    block ends, so it is for exports and the like. Inside a transaction, or another of its kind, it is that one.

    Args:
        place: a tenant, a row that stands in a database, or a database alias.

    Returns:
        The alias of ``place``, for ``using=`` inside.

    >>> with one_state(gazette) as alias:
    ...     write_down(Thread.objects.using(alias), Comment.objects.using(alias))

    After PostgreSQL's own pg_dump.
    """
    alias = alias_of(place)
    connection = connections[alias]
    if connection.in_atomic_block:
        yield alias
    elif connection.vendor == "postgresql":
        with transaction.atomic(using=alias):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield alias
    else:
        connection.ensure_connection()
        # Beside Django, whose own BEGIN would be that of a writer (`transaction_mode`), and wait for her turn.
        raw = connection.connection
        if raw.in_transaction:
            yield alias
            return
        raw.execute("BEGIN DEFERRED")
        try:
            yield alias
        finally:
            raw.execute("ROLLBACK")
