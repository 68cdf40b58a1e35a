"""A private PostgreSQL for one run of the tests: its own folder, its own port, and gone with the run.

with running_postgresql() as url:      # postgresql://descant@127.0.0.1:40123
    create_database(url, "gazette")    # -> postgresql://descant@127.0.0.1:40123/gazette
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

OWNER = "descant"

# PostgreSQL refuses to run as root; Debian's packages make this user for it.
SYSTEM_USER = "postgres"

# The server is asked to stop when the pipe on the shell's standard input closes: also when we are killed.
UNTIL_STDIN_CLOSES = '"$@" </dev/null & server=$!; read -r _; kill -INT $server; wait $server'


class NoPostgreSQL(Exception):
    """PostgreSQL's server programs are not on this machine, or do not start."""


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """Start an empty server (fsync on, as in production), give its address, and remove it afterwards."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="descant-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    port = free_port()
    log = folder / "log"
    server = None
    try:
        make_cluster(programs, folder)
        server = start_server(programs, folder, port, log)
        url = f"postgresql://{OWNER}@127.0.0.1:{port}"
        wait_until_it_answers(url, server, log)
        yield url
    finally:
        if server is not None:
            stop_server(server)
        shutil.rmtree(folder, ignore_errors=True)


def create_database(url: str, name: str) -> str:
    """Make an empty database of this name on the server at `url` (instead of an older one), give its URL."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{url}/{name}"


def find_programs() -> Path:
    """The folder of initdb and postgres; Debian keeps them out of the PATH."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).parent)
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder
    raise NoPostgreSQL("PostgreSQL's server is not installed; on Debian, as root: apt-get install postgresql")


def as_system_user(command: list[str]) -> list[str]:
    """The command, run by PostgreSQL's own user when we are root."""
    if os.geteuid() != 0:
        return command
    user = [f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--init-groups"]
    return ["setpriv", *user, *command]


def make_cluster(programs: Path, folder: Path) -> None:
    """Lay an empty cluster that trusts everybody on this machine."""
    options = ["--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
    command = [str(programs / "initdb"), f"--pgdata={folder / 'cluster'}", *options]
    done = subprocess.run(as_system_user(command), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoPostgreSQL(f"initdb failed:\n{done.stdout}{done.stderr}")


def start_server(programs: Path, folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start the server in the foreground of a shell that ends it when its standard input closes."""
    chosen = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "max_connections": 200,
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "wal_keep_size": "1GB",  # a replica that starts slowly still finds what it needs
    }
    options = [f"--{name}={value}" for name, value in chosen.items()]
    command = [str(programs / "postgres"), "-D", str(folder / "cluster"), *options]
    with log.open("wb") as output:
        return subprocess.Popen(
            ["sh", "-c", UNTIL_STDIN_CLOSES, "sh", *as_system_user(command)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests; the server ends after them
        )


def wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server takes connections; say why when it does not within 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise NoPostgreSQL(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def stop_server(server: subprocess.Popen[bytes]) -> None:
    """Close the pipe, which asks the server for a fast shutdown, and wait for it."""
    assert server.stdin is not None
    server.stdin.close()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, 9)
        server.wait()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
