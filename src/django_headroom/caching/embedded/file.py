"""The file: SQLite that waits for no disk, begun anew where it is broken or has been taken away."""

import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django_headroom.caching.few import AllLent, Few

NAME = "cache-1.sqlite3"
"""Counts with what stands in it: processes of an older form, in the middle of an upgrade, have a file of their own."""

TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS held (
    id INTEGER PRIMARY KEY,
    token INTEGER NOT NULL, until REAL NOT NULL, is_read INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS hand (id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
INSERT OR IGNORE INTO hand (id, at) VALUES (0, 0);
COMMIT;
"""
IS_MADE = "SELECT 1 FROM sqlite_master WHERE name = 'hand'"
# A process that is killed leaves whole transactions behind in any case; a machine that loses its power need not.
PRAGMAS = ("journal_mode=WAL", "synchronous=OFF", f"journal_size_limit={4 << 20}", "temp_store=MEMORY")
PAGE, LEAST_PAGES = 4_096, 64
CONNECTIONS = 4
LOOK_SECONDS = 1.0
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


_left: list[Few[sqlite3.Connection]] = []


class NotOurs(OSError):
    """A folder into which somebody else could put what we would read."""


class File:
    """One file, and the few connections that a process has to it."""

    def __init__(self, folder: Path, most_bytes: int, seconds: float) -> None:
        self._folder, self._path = folder, folder / NAME
        self._most_pages, self._seconds = max(LEAST_PAGES, most_bytes // PAGE), seconds
        self._connections = Few(CONNECTIONS, self._connect)
        self._inode, self._look_at = 0, 0.0

    def begin_afresh(self) -> None:
        """Use none of the connections that there were, nor end them: after a fork they are another process's."""
        _left.append(self._connections)
        self._connections = Few(CONNECTIONS, self._connect)
        self._inode, self._look_at = 0, 0.0

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one thread; if it says that the file is broken, there will be another.

        Raises:
            AllLent, OSError, sqlite3.Error: there is none, or it cannot do what is asked.
        """
        if time.monotonic() >= self._look_at:
            self._see_that_it_is_there()
        connections = self._connections
        lent = connections.lend(self._seconds)
        try:
            yield lent
        except sqlite3.Error as fault:
            if _is_broken(fault):
                self._remove()
            raise
        finally:
            connections.take_back(lent)

    def close(self) -> None:
        """End the connections that are idle."""
        for connection in self._connections.take_idle():
            connection.close()

    def _see_that_it_is_there(self) -> None:
        """Once in a while: an operator, or another process that found it broken, may have removed it."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        if self._inode and self._inode != _inode(self._path):
            self.close()
            self._connections = Few(CONNECTIONS, self._connect)
            self._inode = 0

    def _connect(self) -> sqlite3.Connection:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise NotOurs(f"others may write into {self._folder}")
        with self._turn():
            try:
                return self._open()
            except sqlite3.Error as fault:
                if not _is_broken(fault):
                    raise
                self._unlink()
                return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._seconds, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in (f"page_size={PAGE}", f"max_page_count={self._most_pages}", *PRAGMAS):
                connection.execute(f"PRAGMA {pragma}")
            if not connection.execute(IS_MADE).fetchone():
                connection.executescript(TABLES)
        except BaseException:
            connection.close()
            raise
        self._inode = _inode(self._path)
        return connection

    def _remove(self) -> None:
        """Take a broken file away, unless somebody else has."""
        try:
            with self._turn():
                if self._inode and self._inode == _inode(self._path):
                    self._unlink()
        except (OSError, AllLent):
            pass  # the next one who finds it broken will
        self._look_at = 0.0

    def _unlink(self) -> None:
        for ending in ("-wal", "-shm", ""):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """While a file is begun or removed nobody else of this machine does that."""
        lock = os.open(self._folder / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            late_at = time.monotonic() + self._seconds
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= late_at:
                        raise AllLent("another process begins the file") from None
                    time.sleep(0.001)
            yield
        finally:
            os.close(lock)  # gives the turn back; so does the death of the process


def _is_broken(fault: sqlite3.Error) -> bool:
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF in BROKEN


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
