"""A streaming replica of the PostgreSQL server that the tests run on, for the length of a test module."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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
    folder: Path

    def pause(self) -> None:
        """Stop replaying: it answers, and falls behind."""
        self.say("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self.say("SELECT pg_wal_replay_resume()")

    def promote(self) -> None:
        """Make it a primary of its own, on the next timeline."""
        self.say("SELECT pg_promote(true)")

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """As if its machine stood still: connections stay open, new ones are taken by the kernel, nobody answers."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """As if its machine lost power: the server and, each in a process group of its own, its connections."""
        pids = self._pids()
        os.killpg(self.server.pid, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.wait()

    def say(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            said = connection.execute(sql)
            return said.fetchall() if said.description else []

    def _pids(self) -> list[int]:
        """The postmaster's first, so that it starts nobody meanwhile."""
        postmaster = (self.folder / "cluster" / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        return [int(postmaster), *map(int, children.split())]


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
        yield Replica(url, port, server, folder)
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
