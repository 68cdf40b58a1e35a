"""What a test leaves behind: rows, keys, open transactions, threads, their connections, settings of the toolkit."""

import re
import threading
import time
import unittest
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import SyncToAsync
from django.core.cache import caches
from django.db import connections

from django_headroom.conf import headroom
from django_headroom.testing.calls import hearing
from django_headroom.testing.dumping import Call
from django_headroom.testing.replicas import primary_of
from django_headroom.testing.statements import Execute, around_every_statement, seen

PATIENCE = 2.0
"""Seconds that a thread gets to end which has been told to."""

WRITE_KEYS = ("set", "add", "incr", "decr", "set_many")
KEYS_SHOWN = 5
DEPARTED = "headroom_departed"

_POOLS = re.compile(r"pool-\d+-(worker|scheduler)")


class Leaked(AssertionError):
    """A test that has left something behind."""


class NothingLeft(unittest.TestCase):
    """For Django's test cases: a class of tests fails that leaves something behind.

    >>> class PageTest(NothingLeft, TransactionTestCase): ...
    """

    @classmethod
    def setUpClass(cls) -> None:
        declared: Any = getattr(cls, "databases", ())
        cls.enterClassContext(nothing_left(*(connections if declared == "__all__" else declared)))
        super().setUpClass()


@contextmanager
def nothing_left(*aliases: str) -> Iterator[None]:
    """Fail if a block leaves rows in these databases, keys, open transactions, threads, their connections, settings.

    Raises:
        Leaked: with everything that was left.

    >>> with nothing_left("default", "p1"):
    ...     run_the_worker_once()
    """
    watch = Watch()
    watch.begin(aliases)
    with around_every_statement(watch.note), hearing(watch.hear):
        yield
    watch.check()


@dataclass
class Watch:
    """What was there before, test after test; what a test leaves is told once, and is there from then on.

    >>> watch = Watch()
    >>> watch.begin(["default", "p1"])
    >>> watch.check()
    """

    rows: dict[str, Counter[str]] = field(default_factory=dict)
    threads: set[threading.Thread] = field(default_factory=lambda: set(threading.enumerate()))
    kept: tuple[str, ...] = ()
    """Names of threads that serve the whole process, as a library may begin them at its first use."""
    settings: Any = field(default_factory=headroom)
    written: set[str] = field(default_factory=set)
    """Aliases to which something was sent since the last look; the others need no look."""

    keys: dict[str, set[Any]] = field(default_factory=dict)
    """What was put into each cache since the last look."""

    def note(self, execute: Execute, sql: str, *call: Any) -> Any:
        """An execute wrapper."""
        self.written.add(call[-1]["connection"].alias)
        return execute(sql, *call)

    def hear(self, call: Call) -> None:
        """Of each call to a cache."""
        if call.cache is not None and call.shape in WRITE_KEYS:
            self.keys.setdefault(call.cache, set()).update(call.values)

    def begin(self, aliases: Iterable[str]) -> None:
        """Take as it is what stands in these databases."""
        self.rows = {alias: _rows(alias) for alias in aliases if primary_of(connections[alias]) is None}
        self.written.clear()
        self.keys.clear()

    def accept_threads(self) -> None:
        """Of something that outlives the test, such as a server for all of them."""
        self.threads |= set(threading.enumerate())

    def check(self) -> None:
        """Fail if anything was left.

        Raises:
            Leaked: with everything that was left.
        """
        left = self.leaks()
        if left:
            raise Leaked(f"Left behind: {'; '.join(left)}.")

    def leaks(self) -> list[str]:
        """One sentence for each thing that is there now and was not before."""
        looks: list[Callable[[], Iterator[str]]] = [
            self._transactions,
            self._rows,
            self._cached,
            self._threads,
            self._connections,
            self._settings,
        ]
        return [told for look in looks for told in look()]

    def _transactions(self) -> Iterator[str]:
        for connection in connections.all(initialized_only=True):
            if primary_of(connection) is None and connection.in_atomic_block:
                yield f"an open transaction on {connection.alias!r}"
                self.written.discard(connection.alias)  # its rows are not to be counted inside of it
            elif connection.run_on_commit:
                yield f"{len(connection.run_on_commit)} calls that wait for a commit on {connection.alias!r}"
                connection.run_on_commit.clear()

    def _rows(self) -> Iterator[str]:
        for alias in sorted(self.written & set(self.rows)):
            now = _rows(alias)
            for table, more in (now - self.rows[alias]).items():
                yield f"{more} rows in {table} of {alias!r}"
            self.rows[alias] = now
        self.written.clear()

    def _cached(self) -> Iterator[str]:
        """A key is told once, as it is taken out of the cache."""
        for alias, keys in self.keys.items():
            if alias in caches:
                left = sorted(caches[alias].get_many(keys), key=str)
                caches[alias].delete_many(left)
                if left:
                    shown = ", ".join(map(repr, left[:KEYS_SHOWN])) + (" …" if len(left) > KEYS_SHOWN else "")
                    yield f"{len(left)} keys in the cache {alias!r}: {shown}"
        self.keys.clear()

    def _threads(self) -> Iterator[str]:
        deadline = time.monotonic() + PATIENCE
        for thread in set(threading.enumerate()) - self.threads - self._kept():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                yield f"the thread {thread.name!r}"
                self.threads.add(thread)

    def _kept(self) -> set[threading.Thread]:
        """Of psycopg's pools, the one in which asgiref runs what is not async, and those that were named."""
        asgiref: set[threading.Thread] = getattr(SyncToAsync.single_thread_executor, "_threads", set())
        named = (each for each in threading.enumerate() if each.name in self.kept or _POOLS.match(each.name))
        return asgiref.union(named)

    def _connections(self) -> Iterator[str]:
        """Of threads that have ended, or will not end; those of this one are kept on purpose."""
        own = {threading.get_ident(), *(thread.ident for thread in self._kept())}
        for connection in list(seen):
            if connection.connection is not None and connection._thread_ident not in own:
                yield f"a connection to {connection.alias!r}, opened by another thread"
                seen.discard(connection)

    def _settings(self) -> Iterator[str]:
        if headroom() != self.settings:
            names = [
                name for name, value in vars(self.settings).items() if getattr(headroom(), name) != value
            ]
            yield f"HEADROOM with another {', '.join(name.upper() for name in names)}"
            self.settings = headroom()


def _rows(alias: str) -> Counter[str]:
    """How many rows each model's table has, and that of the rows that went away (ids/finding.py), by one query."""
    connection = connections[alias]
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    if not tables:
        return Counter()
    if DEPARTED in connection.introspection.table_names():
        tables.append(DEPARTED)
    counts = (f"SELECT '{table}', count(*) FROM {connection.ops.quote_name(table)}" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        return Counter(dict(cursor.fetchall()))
