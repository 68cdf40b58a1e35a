"""A store in one file of this machine: what is held there, till it is over or room is needed."""

import logging
import os
import random
import sqlite3
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from django_headroom.caching.embedded.file import File
from django_headroom.caching.embedded.room import make_room, transaction
from django_headroom.caching.few import AllLent
from django_headroom.caching.held import ABSENT, Held
from django_headroom.caching.tally import Tally

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

PUT = (
    "INSERT INTO held (id, token, until, is_read, key, value) VALUES (:id, :token, :until, 0, :key, :value) "
)
REPLACE = (
    "ON CONFLICT (id) DO UPDATE SET (token, until, is_read, key, value)"
    " = (excluded.token, excluded.until, 0, excluded.key, excluded.value)"
)
REPLACE_WHAT_IS_OVER = f"{REPLACE} WHERE until <= :now OR key <> :key"
CHANGE = (
    "UPDATE held SET (token, until, value) = (:token, :until, :value)"
    " WHERE id = :id AND key = :key AND token = :old AND until > :now"
)
GET = "SELECT id, key, token, is_read, value FROM held WHERE until > ? AND id IN"
AT_A_TIME = 500
TRIES = 16
REST = 1.0
"""Seconds in which nothing is put after the file could not be used, or a writer that had its turn did not end."""


class Full(Exception):
    """There is no room left in the file."""


class Embedded:
    """A store that needs no server, shared by all processes of a machine.

    >>> held = Embedded(Path("/var/lib/shop/cache"))
    >>> held.put("page:7", b"...", seconds=60)
    True
    """

    def __init__(
        self,
        folder: Path,
        *,
        most_bytes: int = 256 << 20,
        most_bytes_of_one: int = 1_000_000,
        seconds: float = 0.05,
    ) -> None:
        """Open nothing yet.

        Args:
            folder: on a local disk; it is made when it is needed.
            most_bytes: of the file.
            most_bytes_of_one: of a value.
            seconds: how long somebody waits for another who writes.
        """
        self.tally = Tally()
        self._file = File(folder, most_bytes, seconds)
        self._folder, self._most_bytes_of_one = folder, most_bytes_of_one
        self._milliseconds = round(seconds * 1_000)
        self._rests_until, self._is_well = 0.0, True
        _stores.add(self)

    def get(self, key: str) -> Held | None:
        """What is held under a name."""
        return self.get_many((key,)).get(key)

    def get_many(self, keys: Sequence[str]) -> dict[str, Held]:
        """What is held of many."""
        found: dict[str, Held] = {}
        for begin in range(0, len(keys), AT_A_TIME):
            some = {_name(key): key for key in keys[begin : begin + AT_A_TIME]}
            found |= self._try(partial(self._read, some), dict[str, Held]())
        return found

    def put(self, key: str, value: bytes, *, seconds: float, token: int | None = None) -> bool:
        """Hold a value for a time; False: it is not held."""
        return self._put({key: value}, seconds, {} if token is None else {key: token}) == 1

    def put_many(
        self, values: Mapping[str, bytes], *, seconds: float, tokens: Mapping[str, int] | None = None
    ) -> None:
        """Hold many: those that are put whatever is there, or where nothing is, or one is, each in one transaction."""
        self._put(values, seconds, tokens or {})

    def drop(self, key: str) -> None:
        """Hold it no longer."""
        row = (_id(_name(key)),)
        self._try(lambda connection: connection.execute("DELETE FROM held WHERE id = ?", row).rowcount, 0)

    def close(self) -> None:
        """End all connections."""
        self._file.close()

    def begin_afresh(self) -> None:
        """In a process that was forked off: use no connection of the other's, and count from nothing."""
        self._file.begin_afresh()
        self.tally.begin_afresh()

    def _put(self, values: Mapping[str, bytes], seconds: float, tokens: Mapping[str, int]) -> int:
        rows: dict[str, list[dict[str, object]]] = defaultdict(list)
        for key, value in values.items():
            token = tokens.get(key)
            if seconds > 0 and self._fits(value):
                rows[_statement(token)].append({**_row(key, value, seconds), "old": token})
            elif token is None:
                self.drop(key)  # what cannot be kept leaves nothing older behind
        return sum(self._write(statement, its) for statement, its in rows.items())

    def _read(self, keys: Mapping[bytes, str], connection: sqlite3.Connection) -> dict[str, Held]:
        marks = ",".join("?" * len(keys))
        found, unread = {}, []
        for row, name, token, is_read, value in connection.execute(
            f"{GET} ({marks})", (time.time(), *map(_id, keys))
        ):
            if name not in keys or not isinstance(value, bytes):
                self.tally.note("foreign")
                continue
            found[keys[name]] = Held(value, token)
            if not is_read:
                unread.append((row,))
        if unread and time.monotonic() >= self._rests_until:
            self._mark_as_read(connection, unread)
        return found

    def _mark_as_read(self, connection: sqlite3.Connection, rows: Sequence[tuple[int]]) -> None:
        """So that they stay when room is made; a reader waits for no writer to say so."""
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.executemany("UPDATE held SET is_read = 1 WHERE id = ?", rows)
        except sqlite3.OperationalError:
            pass  # the next reader will
        finally:
            connection.execute(f"PRAGMA busy_timeout = {self._milliseconds}")

    def _fits(self, value: bytes) -> bool:
        if len(value) > self._most_bytes_of_one:
            self.tally.note("too_large")
            return False
        return True

    def _write(self, statement: str, rows: Sequence[Mapping[str, object]]) -> int:
        """How many rows are held, all or none; room is made for them."""
        if not rows or time.monotonic() < self._rests_until:
            return 0
        for _ in range(TRIES):
            try:
                return self._try(lambda connection: _execute(connection, statement, rows), 0)
            except Full:
                self._try(make_room, None)
        self.tally.note("full")
        return 0

    def _try(self, act: Callable[[sqlite3.Connection], Answer], otherwise: Answer) -> Answer:
        try:
            with self._file.connection() as connection:
                found = act(connection)
        except (AllLent, OSError, sqlite3.Error) as fault:
            self._rest(fault)
            return otherwise
        self._is_well = True
        return found

    def _rest(self, fault: Exception) -> None:
        is_late = (
            isinstance(fault, AllLent) or getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
        )
        self.tally.note("late" if is_late else "refused")
        self._rests_until = time.monotonic() + REST
        if self._is_well:
            self._is_well = False
            log.warning("The cache in %s cannot be used just now: %s", self._folder, fault)


def _execute(connection: sqlite3.Connection, statement: str, rows: Sequence[Mapping[str, object]]) -> int:
    try:
        if len(rows) == 1:
            return connection.execute(statement, rows[0]).rowcount
        with transaction(connection):
            return connection.executemany(statement, rows).rowcount
    except sqlite3.Error as fault:
        if getattr(fault, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise Full from None
        raise


def _statement(token: int | None) -> str:
    if token is None:
        return PUT + REPLACE
    return PUT + REPLACE_WHAT_IS_OVER if token == ABSENT else CHANGE


def _row(key: str, value: bytes, seconds: float) -> dict[str, object]:
    now = time.time()
    token = random.getrandbits(62) + 1
    name = _name(key)
    return {"id": _id(name), "key": name, "token": token, "until": now + seconds, "now": now, "value": value}


def _id(name: bytes) -> int:
    return int.from_bytes(blake2b(name, digest_size=8).digest(), signed=True)


def _name(key: str) -> bytes:
    return key.encode(errors="surrogatepass")


_stores: weakref.WeakSet[Embedded] = weakref.WeakSet()


def _begin_afresh() -> None:
    for each in list(_stores):
        each.begin_afresh()


os.register_at_fork(after_in_child=_begin_afresh)
