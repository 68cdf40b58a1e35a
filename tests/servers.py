"""A private PostgreSQL for one run of the tests: its own folder, its own port, and gone with the run.

with running_postgresql() as url:      # postgresql://descant@127.0.0.1:40123
    create_database(url, "gazette")    # -> postgresql://descant@127.0.0.1:40123/gazette
"""

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg

OWNER = "descant"

# PostgreSQL refuses to run as root; Debian's packages make this user for it.
SYSTEM_USER = "postgres"

# The server is asked to stop when the pipe on the shell's standard input closes: also when we are killed.
UNTIL_STDIN_CLOSES = '"$@" </dev/null & server=$!; read -r _; kill -INT $server; wait $server'


class NoPostgreSQL(Exception):
    """PostgreSQL's server programs are not on this machine, or do not start."""


@dataclass
class Server:
    """A running server, in a folder of its own."""

    url: str
    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"

    def start(self) -> None:
        """After it was stopped or killed."""
        self.process = start_server(find_programs(), self.folder, self.port, self.folder / "log")
        wait_until_it_answers(self.url, self.process, self.folder / "log")

    def stop(self) -> None:
        """In order: whoever is connected is told."""
        stop_server(self.process)

    def drop(self) -> None:
        """At once, for nothing of it will be wanted."""
        with contextlib.suppress(OSError):
            os.kill(self._pids()[0], signal.SIGQUIT)
        stop_server(self.process)

    def kill(self) -> None:
        """As if its machine lost power: the server and, each in a process group of its own, its connections."""
        pids = self._pids()
        os.killpg(self.process.pid, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """As if its machine stood still: connections stay open, new ones are taken by the kernel, nobody answers."""
        stopped: list[int] = []
        # The postmaster first, so that it starts nobody; and again, for a list of children that end may miss others.
        while more := [pid for pid in self._pids() if pid not in stopped][: None if stopped else 1]:
            for pid in more:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            stopped += more
        go_on = f"read -r _; kill -CONT {' '.join(map(str, stopped))}"
        waker = subprocess.Popen(
            ["sh", "-c", go_on], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert waker.stdin is not None
        try:
            yield
        finally:  # and if we are killed, the pipe closes by itself
            waker.stdin.close()
            waker.wait()

    def say(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            said = connection.execute(sql)
            return said.fetchall() if said.description else []

    def _pids(self) -> list[int]:
        """The postmaster's first."""
        postmaster = (self.folder / "cluster" / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        return [int(postmaster), *map(int, children.split())]


Kind = TypeVar("Kind", bound=Server)


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """Start an empty server (fsync on, as in production), give its address, and remove it afterwards."""
    with running_server(Server) as server:
        yield server.url


@contextlib.contextmanager
def running_server(kind: type[Kind], make: Callable[[Path, Path], None] | None = None) -> Iterator[Kind]:
    """Start a server and remove it afterwards; ``make(programs, folder)`` lays its cluster, if not an empty one."""
    programs, port = find_programs(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="descant-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, SYSTEM_USER)
    server = None
    try:
        (make or make_cluster)(programs, folder)
        process = start_server(programs, folder, port, folder / "log")
        server = kind(f"postgresql://{OWNER}@127.0.0.1:{port}", port, folder, process)
        wait_until_it_answers(server.url, process, folder / "log")
        yield server
    finally:
        if server is not None:
            server.drop()
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


def run_program(name: str, *words: str, given: str = "") -> str:
    """What one of PostgreSQL's programs says."""
    done = subprocess.run(
        [str(find_programs() / name), *words], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoPostgreSQL(f"{name} failed:\n{done.stderr}")
    return done.stdout


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


def free_port(in_a_row: int = 1) -> int:
    """A port that nobody listens on, or the first of so many neighbours.

    No process of a run is given one that another has, and none is among those that the system gives to who
    connects: until a server is started on it nobody takes it.
    """
    while True:
        ports = [next(_ports) for _ in range(in_a_row)]
        if ports[-1] - ports[0] == in_a_row - 1 and all(map(_is_free, ports)):
            return ports[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _own_ports() -> Iterator[int]:
    """A thousand below the system's own, for each process of a run others; where two runs begin is chance."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1
    first = 10_000 + 1_000 * (worker % 20)
    begin = random.randrange(1_000)
    return itertools.cycle([first + (begin + step) % 1_000 for step in range(1_000)])


_ports = _own_ports()
