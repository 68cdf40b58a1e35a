"""What a database is really sent: read from the driver, below Django, so that nobody's BEGIN is overlooked."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

# A line of libpq's trace: time, F for "to the server", length, kind of message, its parts.
SENT = re.compile(r'\tF\t\d+\t(?:Query|Parse)\t (?:"\w*" (?="))?"(.*)"')


@contextmanager
def on_the_wire(alias: str) -> Iterator[list[str]]:
    """The statements of this thread's connection in a block, in capitals; filled when the block ends."""
    connection = connections[alias]
    connection.ensure_connection()
    sent: list[str] = []
    if connection.vendor == "sqlite":
        connection.connection.set_trace_callback(lambda sql: sent.append(sql.upper()))
        try:
            yield sent
        finally:
            connection.connection.set_trace_callback(None)
        return
    with tempfile.NamedTemporaryFile("r") as log:
        server = connection.connection.pgconn
        server.trace(log.fileno())
        try:
            yield sent
        finally:
            server.untrace()
        with open(log.name) as written:
            sent += [sql.upper() for sql in re.findall(SENT, written.read())]
