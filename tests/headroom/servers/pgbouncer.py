"""PgBouncer in transaction mode before the PostgreSQL server that the tests run on, for the length of a test."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.servers import SYSTEM_USER, as_system_user, free_port

MOST = 20

SETTINGS = """
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {most}
max_client_conn = 1000
server_lifetime = 3600
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
admin_users = {user}
"""


class NoPgBouncer(Exception):
    """PgBouncer is not on this machine, or does not start."""


@dataclass
class PgBouncer:
    """A running pooler."""

    port: int
    user: str
    folder: Path
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)
        console = f"postgresql://{self.user}@127.0.0.1:{self.port}/pgbouncer"
        _wait_until_it_answers(console, self.folder / "log")

    def stop(self) -> None:
        """At once, as a restart of its service does: whoever is connected is cut off."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def running_pgbouncer(server: str) -> Iterator[PgBouncer]:
    """Start it before the server at this URL."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise NoPgBouncer("PgBouncer is not installed; on Debian, as root: apt-get install pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="descant-pgbouncer-"))
    address, listen = urlsplit(server), free_port()
    places = {"host": address.hostname, "port": address.port, "user": address.username, "listen": listen}
    (folder / "pgbouncer.ini").write_text(SETTINGS.format(**places, most=MOST))
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    command = as_system_user([program, str(folder / "pgbouncer.ini")])
    pooler = PgBouncer(listen, str(address.username), folder, command)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(url: str, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url, autocommit=True).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise NoPgBouncer(f"PgBouncer did not start:\n{log.read_text(errors='replace')}")
