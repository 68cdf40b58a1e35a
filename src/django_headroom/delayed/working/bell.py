"""How a sleeping worker hears of a new event: by NOTIFY on PostgreSQL, by the version of the file on SQLite.

On PostgreSQL a commit that notifies waits for every other that does, so nobody notifies while the worker is awake. Who
sleeps holds a lock; a trigger on the outbox tries to share it until its transaction ends, and rings if it cannot. Who
cannot lie down because somebody shares the lock knows that an event is coming, and looks again.
"""

import select
import time
from typing import Any, Protocol

import psycopg
from django.db import connections

from django_headroom.conf import headroom

LOCK = 0x64656C61796564  # "delayed"
CHANNEL = "headroom_delayed"
HANG_IT = (
    f"""
    CREATE FUNCTION headroom_delayed_ring() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT pg_try_advisory_xact_lock_shared({LOCK}) THEN
            PERFORM pg_notify('{CHANNEL}', '');
        END IF;
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER headroom_delayed_ring AFTER INSERT ON delayed_event"
    " FOR EACH STATEMENT EXECUTE FUNCTION headroom_delayed_ring()",
)
TAKE_IT_DOWN = (
    "DROP TRIGGER headroom_delayed_ring ON delayed_event",
    "DROP FUNCTION headroom_delayed_ring()",
)
LIE_DOWN_AFTER = 0.3  # seconds in which nothing came
SILENT_MS = 5_000  # after which a server that has lost its power is given up
AGAIN = 1.0  # seconds until a server that cannot be reached is tried again


class Ear(Protocol):
    """What listens at one database."""

    def has_come(self) -> bool:
        """Whether something may be due; asked several times a second, and cheap."""

    def line(self) -> int | None:
        """A file that can be read when somebody rings, if nobody needs to ask until then."""

    def close(self) -> None: ...


def ear_at(alias: str) -> Ear:
    """Where a database is reached through a pooler, by the alias that leads to its server directly, if there is one."""
    direct = headroom().pooled.get(alias, alias)
    if connections[alias].vendor == "sqlite":
        return _EarAtFile(alias)
    return _EarAtServer(direct) if direct and connections[alias].vendor == "postgresql" else _Asking()


class _Asking:
    """Where nobody rings something may be due at any time."""

    def has_come(self) -> bool:
        return True

    def line(self) -> int | None:
        return None

    def close(self) -> None:
        return


class _EarAtFile:
    """SQLite counts the commits of others to a file; to read the number costs some microseconds."""

    def __init__(self, alias: str) -> None:
        self._connection = connections.create_connection(alias)
        self._version: Any = None

    def has_come(self) -> bool:
        with self._connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            before, (self._version,) = self._version, cursor.fetchone()
        return bool(self._version != before)

    def line(self) -> int | None:
        return None

    def close(self) -> None:
        self._connection.close()


class _EarAtServer:
    """A connection of its own, that sleeps with the lock in its hand or is awake without."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._line: psycopg.Connection[Any] | None = None
        self._is_asleep = False
        self._awake_until = self._try_at = 0.0

    def has_come(self) -> bool:
        try:
            return self._listen()
        except psycopg.Error:  # somebody asks all the same, as long as nobody rings
            self.close()
            self._try_at = time.monotonic() + AGAIN
            return True

    def line(self) -> int | None:
        return self._line.fileno() if self._line is not None and self._is_asleep else None

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line, self._is_asleep = None, False

    def _listen(self) -> bool:
        now = time.monotonic()
        if self._line is None:
            if now < self._try_at:
                return True
            self._line = self._connect()
        if self._is_asleep:
            if not _rings(self._line):
                return False
            self._line.execute(f"SELECT pg_advisory_unlock({LOCK})")
            self._is_asleep, self._awake_until = False, now + LIE_DOWN_AFTER
        elif now >= self._awake_until:
            found = self._line.execute(f"SELECT pg_try_advisory_lock({LOCK})").fetchone()
            self._is_asleep = bool(found and found[0])
            self._awake_until = now + LIE_DOWN_AFTER
        return True  # also on lying down: what was committed before has not rung

    def _connect(self) -> psycopg.Connection[Any]:
        wanted: Any = connections.create_connection(self._alias).get_connection_params()
        wanted.pop("pool", None)
        wanted = {"tcp_user_timeout": SILENT_MS, **wanted, "autocommit": True}
        line = psycopg.connect(**wanted)
        line.execute(f"LISTEN {CHANNEL}")
        return line


def _rings(line: psycopg.Connection[Any]) -> bool:
    """What the server has to say is taken in without a round trip."""
    ready, _, _ = select.select([line.fileno()], [], [], 0)
    return bool(ready and list(line.notifies(timeout=0)))
