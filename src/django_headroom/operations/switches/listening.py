"""One thread of each process that hears when a switch is turned, and reads it."""

import json
import logging
import select
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg
from django.db import DatabaseError, Error, InterfaceError, OperationalError, connections

from django_headroom.conf import headroom
from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.gathering import Gathering
from django_headroom.operations.switches.rules import Rule
from django_headroom.operations.switches.turning import CHANNEL, NobodyHeard, turn_off_once

LOOK_EVERY = 0.1  # seconds, where nobody rings
ASK_EVERY = 0.75  # seconds; whatever was missed
AGAIN = 1.0  # seconds until a database that could not be reached is tried again
SILENT_MS = 2_000  # so long a server is waited for

_TURNS = """
    SELECT version, switch, rule FROM switches_turn AS latest WHERE version > %s AND NOT EXISTS (
        SELECT 1 FROM switches_turn AS later WHERE later.switch = latest.switch AND later.version > latest.version
    )
"""  # how each stands, and nothing of its history: many processes may begin at once
_CHOICES = "SELECT version, switch, actor, is_in FROM switches_choice WHERE version > %s"
_log = logging.getLogger(__name__)
_listening: "_Listening | None" = None
_lock = threading.Lock()


def watch() -> bool:
    """Read how switches stand, and hear from now on when one is turned; a process calls it once, a fork once more.

    Returns:
        Whether they could be read. If not, each is what it says of itself, until they can.

    >>> watch()
    True
    """
    global _listening
    with _lock:
        if _listening is None or not _listening.is_alive():
            knowing.begin_watching()
            _listening = _Listening()
            _listening.start()
        _listening.has_looked.wait()
        return knowing.age() is not None


def rest() -> None:
    """Hear nothing any more; for tests, and for who ends in order."""
    global _listening
    with _lock:
        if _listening is not None:
            _listening.stop.set()
            _listening.join()
            _listening = None


class _Listening(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="headroom-switches", daemon=True)
        self.stop, self.has_looked = threading.Event(), threading.Event()

    def run(self) -> None:
        lines, gathering = [_Line(alias) for alias in headroom().switches], Gathering()
        while not self.stop.is_set():
            for line in lines:
                line.hear()
            self.has_looked.set()
            _gather(gathering, lines)
            _tell_what_tripped()
            ringing = [line.fileno for line in lines if line.fileno is not None]
            select.select(ringing, [], [], ASK_EVERY if len(ringing) == len(lines) else LOOK_EVERY)
        for line in lines:
            line.close()


class _Line:
    """A connection of its own to one place, past every pool: a switch is turned when there is none to be had there."""

    def __init__(self, alias: str) -> None:
        self.alias = headroom().pooled.get(alias) or alias
        self._through_pooler = headroom().pooled.get(alias) == ""
        self._connection: Any = None
        self._turned = self._chosen = 0  # the latest versions that were read
        self._mark: Any = None
        self._next_at = 0.0
        self._is_away = False  # then it was told

    @property
    def connection(self) -> Any:
        """None while it is away."""
        return self._connection

    @property
    def fileno(self) -> int | None:
        """What can be waited at for a ring."""
        rings = self._connection is not None and self._connection.vendor == "postgresql"
        return self._connection.connection.fileno() if rings and not self._through_pooler else None

    def hear(self) -> None:
        """Read what was turned, if something was or it is time to ask."""
        try:
            now = time.monotonic()
            if self._connection is None:
                if now < self._next_at:
                    return
                self._connection = self._connect()
            elif not self._has_rung() and now < self._next_at:
                return
            self._next_at = now + ASK_EVERY
            self._read()
            self._is_away = False
        except (Error, psycopg.Error, OSError) as error:
            if not self._is_away:
                _log.warning("Switches stay as they are, for %s cannot be asked: %s", self.alias, error)
            self.close()
            self._is_away = True
            self._next_at = time.monotonic() + AGAIN

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connect(self) -> Any:
        made: Any = connections.create_connection(self.alias)
        if made.vendor == "postgresql":
            options = {**made.settings_dict["OPTIONS"], "tcp_user_timeout": SILENT_MS}
            options.setdefault("connect_timeout", SILENT_MS // 1_000)
            options.pop("pool", None)
            made.settings_dict = {**made.settings_dict, "OPTIONS": options}
            if not self._through_pooler:
                with made.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
        return made

    def _has_rung(self) -> bool:
        if self._connection.vendor == "postgresql":
            if self._through_pooler:
                return True
            ready, _, _ = select.select([self._connection.connection.fileno()], [], [], 0)
            return bool(ready) and bool(list(self._connection.connection.notifies(timeout=0)))
        with self._connection.cursor() as cursor:  # SQLite counts the commits of others to a file
            cursor.execute("PRAGMA data_version")
            before, (self._mark,) = self._mark, cursor.fetchone()
        return bool(self._mark != before)

    def _read(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(_TURNS, [self._turned])
            turns = [knowing.Turned(version, name, _rule(rule)) for version, name, rule in cursor.fetchall()]
            cursor.execute(_CHOICES, [self._chosen])
            choices = [
                knowing.Chosen(version, name, actor, bool(is_in))
                for version, name, actor, is_in in cursor.fetchall()
            ]
        self._turned = max([self._turned, *(each.version for each in turns)])
        self._chosen = max([self._chosen, *(each.version for each in choices)])
        knowing.learn(turns, choices, is_read=True)


def _rule(written: Any) -> Rule:
    return Rule.from_json(json.loads(written) if isinstance(written, str | bytes) else written)


def _gather(gathering: Gathering, lines: list[_Line]) -> None:
    """At the first place that can be reached; if none can, each process judges by itself."""
    with suppress(Error, psycopg.Error, OSError):  # the line finds out by itself when it is read next
        gathering.gather(next((line.connection for line in lines if line.connection is not None), None))


def _tell_what_tripped() -> None:
    """What a guard has turned off here is written down, for all the others; of many at once one does it."""
    for name, (version, why) in knowing.tripped().items():
        if knowing.version_of(name) > version:
            knowing.untrip(name)  # it was written down, or turned by somebody meanwhile
            continue
        try:
            turn_off_once(name, since=version, by="guard", why=why)
        except (NobodyHeard, DatabaseError, InterfaceError, OperationalError):
            return  # it is off here, and is told as soon as somebody can hear it
        finally:
            for alias in headroom().switches:
                connections[alias].close()
