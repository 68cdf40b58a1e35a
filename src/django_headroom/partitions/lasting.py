"""What was last known, in a file of this machine: for a process that starts while its directory is out of reach."""

import atexit
import hashlib
import logging
import pickle
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from django_headroom.connections.patience import OutOfReach

_log = logging.getLogger(__name__)

WAIT = 0.5  # seconds, for another process that writes
SOON = 0.2  # seconds; what is noted until then is written together
DAY = 86_400.0
TABLE = "CREATE TABLE IF NOT EXISTS last_known (name TEXT PRIMARY KEY, thing BLOB, release TEXT, at REAL)"


class KnownFromFile(OutOfReach):
    """A write for a tenant of whom only a file knows where she lives: she may have moved since."""


class LastKnown:
    """Things by their names, in one file that all processes of a machine share; those that are too old are forgotten.

    What has not changed is written again after a twenty-fourth of ``seconds``, and that by a thread aside, a moment
    later, so it costs next to nothing; where the file cannot be written nobody fails. A process that is killed loses
    what it has noted in that moment. Things are pickled: the file belongs where only the service writes.

    Args:
        path: of the file.
        release: of the code; things of another release are not believed.
        seconds: how old a thing may be.

    >>> last_known = LastKnown(DATA / "directory", release="1.4")
    """

    def __init__(self, path: Path, *, release: str, seconds: float = DAY) -> None:
        self.path, self.release, self.seconds = path, release, seconds
        self._noted: dict[str, tuple[bytes, float]] = {}  # a digest, and when it was written
        self._unwritten: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()
        self._writer: threading.Timer | None = None
        atexit.register(self.write_down)

    def note(self, name: object, thing: Any) -> None:
        """Keep a thing, if it is new or was kept some time ago."""
        kept, now = pickle.dumps(thing), time.time()
        digest = hashlib.blake2b(kept, digest_size=16).digest()
        before, at = self._noted.get(str(name), (b"", 0.0))
        if digest == before and now - at < self.seconds / 24:
            return
        self._noted[str(name)] = digest, now  # also if it fails: the next request need not try it again
        with self._lock:
            self._unwritten[str(name)] = kept, now
            # After a fork there is a writer that does not live: threads are not taken along.
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Timer(SOON, self.write_down)
                self._writer.daemon = True
                self._writer.start()

    def write_down(self) -> None:
        """Write at once what was noted: for whoever cannot wait."""
        with self._lock:
            unwritten, self._unwritten, self._writer = self._unwritten, {}, None
        if not unwritten:
            return
        rows = [(name, thing, self.release, at) for name, (thing, at) in unwritten.items()]
        try:
            self.path.touch(mode=0o600)
            with closing(self._open()) as file:
                file.execute("PRAGMA journal_mode = WAL")
                file.execute("PRAGMA synchronous = NORMAL")
                file.execute(TABLE)
                file.execute("BEGIN IMMEDIATE")
                file.executemany("INSERT OR REPLACE INTO last_known VALUES (?, ?, ?, ?)", rows)
                file.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            names = ", ".join(unwritten)[:200]
            _log.warning("What is known of %s cannot be kept in %s: %s", names, self.path, error)

    def find(self, name: object) -> Any:
        """What is known of a name; None if that is nothing, or too old."""
        self.write_down()
        asked = "SELECT thing FROM last_known WHERE name = ? AND release = ? AND at >= ?"
        if not self.path.exists():
            return None
        try:
            with closing(self._open()) as file:
                found = file.execute(asked, (str(name), self.release, time.time() - self.seconds)).fetchone()
        except sqlite3.Error as error:
            _log.warning("What was known of %s cannot be read from %s: %s", name, self.path, error)
            return None
        return pickle.loads(found[0]) if found else None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
