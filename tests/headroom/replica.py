"""A streaming replica of the PostgreSQL server that the tests run on, for the length of a test module."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.servers import (
    SYSTEM_USER,
    NoPostgreSQL,
    as_system_user,
    find_programs,
    free_port,
    start_server,
    stop_server,
    wait_until_it_answers,
)


@dataclass
class Replica:
    """A running replica."""

    url: str
    port: int
    server: "subprocess.Popen[bytes]"

    def pause(self) -> None:
        """Stop replaying: it answers, and falls behind."""
        self._say("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self._say("SELECT pg_wal_replay_resume()")

    def kill(self) -> None:
        """As if its machine lost power: the server and, each in a process group of its own, its connections."""
        connections = self._say("SELECT pid FROM pg_stat_activity")
        os.killpg(self.server.pid, 9)
        for (pid,) in connections:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        self.server.wait()

    def _say(self, sql: str) -> list[tuple[int]]:
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            return connection.execute(sql).fetchall()


@contextlib.contextmanager
def running_replica(primary: str) -> Iterator[Replica]:
    """Copy the server at ``primary``, start the copy as its replica, and remove it afterwards."""
    programs, port = find_programs(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="descant-replica-"))
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    server = None
    try:
        copy_cluster(programs, primary, folder)
        server = start_server(programs, folder, port, folder / "log")
        address = urlsplit(primary)
        url = f"postgresql://{address.username}@127.0.0.1:{port}"
        wait_until_it_answers(url, server, folder / "log")
        yield Replica(url, port, server)
    finally:
        if server is not None and server.poll() is None:
            stop_server(server)
        shutil.rmtree(folder, ignore_errors=True)


def copy_cluster(programs: Path, primary: str, folder: Path) -> None:
    """pg_basebackup writes down whom to follow (-R); the checkpoint is made at once, not spread."""
    options = ["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]
    command = [
        str(programs / "pg_basebackup"),
        f"--dbname={primary}",
        f"--pgdata={folder / 'cluster'}",
        *options,
    ]
    done = subprocess.run(as_system_user(command), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoPostgreSQL(f"pg_basebackup failed:\n{done.stdout}{done.stderr}")
