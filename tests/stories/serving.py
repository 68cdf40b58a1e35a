"""A whole site for a story: `descant serve` in a folder of its own, on the database of the run."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.servers import create_database, free_port


def environment_of_a_site(folder: Path, name: str) -> dict[str, str]:
    """What every command of the site is told; on PostgreSQL its databases are made, and called by this name."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    told = {**plain, "DESCANT_DATA": str(folder), "DESCANT_COMMENTS_PER_MINUTE": "0"}
    told["DESCANT_API_PER_HOUR"] = "0"
    if os.environ["DESCANT_TEST_DATABASE"] == "postgresql":
        server = os.environ["DESCANT_TEST_POSTGRESQL"]
        told["DESCANT_DATABASE"] = create_database(server, name)
        told["DESCANT_PARTITION_1"] = create_database(server, f"{name}_p1")
        told["DESCANT_PARTITION_2"] = create_database(server, f"{name}_p2")
    else:
        told["DESCANT_PARTITIONS"] = "2"
    return told


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str], folder: Path, *more: str, port: int = 0
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = port or free_port()
    command = [sys.executable, "-m", "descant", "serve", "--no-demo", "--port", str(port)]
    command += ["--data", str(folder), *more]
    with open(folder / "serve.log", "ab") as log:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=log, stderr=log, start_new_session=True
        )
        try:
            wait_for(port, process, folder / "serve.log")
            yield process, port
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("localhost", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def leave(process: "subprocess.Popen[bytes]") -> None:
    """End in order, by SIGTERM: everything of the service leaves with exit code 0."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def descant(*words: str, environment: Mapping[str, str], given: str = "") -> str:
    command = [sys.executable, "-m", "descant", *words]
    return subprocess.run(
        command, env=dict(environment), input=given, check=True, capture_output=True, text=True
    ).stdout
