"""A streaming replica of a PostgreSQL server, for the length of a test or a module."""

import contextlib
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.servers import NoPostgreSQL, Server, as_system_user, running_server


class Replica(Server):
    """A running replica."""

    def pause(self) -> None:
        """Stop replaying: it answers, and falls behind."""
        self.say("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self.say("SELECT pg_wal_replay_resume()")

    def promote(self) -> None:
        """Make it a primary of its own, on the next timeline."""
        self.say("SELECT pg_promote(true)")


@contextlib.contextmanager
def running_replica(primary: str) -> Iterator[Replica]:
    """Copy the server at ``primary``, start the copy as its replica, and remove it afterwards."""
    with running_server(Replica, partial(copy_cluster, primary)) as replica:
        yield replica


def copy_cluster(primary: str, programs: Path, folder: Path) -> None:
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
