"""The whole service is killed while people write: what was acknowledged is there afterwards, once."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.servers import create_database, free_port

WRITERS, KILLS = 8, 2


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DESCANT_")}
    told = {**plain, "DESCANT_DATA": str(tmp_path), "DESCANT_COMMENTS_PER_MINUTE": "0"}
    if os.environ["DESCANT_TEST_DATABASE"] == "postgresql":
        server = os.environ["DESCANT_TEST_POSTGRESQL"]
        told["DESCANT_DATABASE"] = create_database(server, "killed")
        told["DESCANT_PARTITION_1"] = create_database(server, "killed_p1")
        told["DESCANT_PARTITION_2"] = create_database(server, "killed_p2")
    else:
        told["DESCANT_PARTITIONS"] = "2"
    return told


def test_what_was_acknowledged_outlives_a_kill(environment: Mapping[str, str], tmp_path: Path) -> None:
    descant("upgrade", environment=environment)
    descant("forum", "open", "gazette", "--domain", "gazette.example", environment=environment)
    key = json.loads(descant("apikey", "create", "gazette", "--json", environment=environment))["public_key"]
    acknowledged: list[str] = []
    for run in range(KILLS):
        with serving(environment, tmp_path) as (process, port):
            write_until_killed(process, port, key, acknowledged, run)
    with serving(environment, tmp_path) as (process, port):
        kept = list(listed(port, key))
        leave(process)
    assert len(acknowledged) > WRITERS
    assert len(kept) == len(set(kept))
    assert set(acknowledged) <= set(kept)


def write_until_killed(
    process: "subprocess.Popen[bytes]", port: int, key: str, acknowledged: list[str], run: int
) -> None:
    threads = [
        threading.Thread(target=write, args=(port, key, acknowledged, f"{run}-{number}"))
        for number in range(WRITERS)
    ]
    before = len(acknowledged)
    for thread in threads:
        thread.start()
    until = time.monotonic() + 30
    while len(acknowledged) < before + 20 and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(timeout=60)


def write(port: int, key: str, acknowledged: list[str], name: str) -> None:
    """Post one comment after the other until nobody answers any more."""
    for number in range(10_000):
        asked = {
            "api_key": key,
            "thread:ident": "bread",
            "message": f"{name} {number}",
            "author_name": "Gus",
        }
        try:
            answer = request(port, "POST", "/api/3.0/posts/create.json", asked)
        except (OSError, http.client.HTTPException, ValueError):
            return
        if answer["code"] == 0:
            acknowledged.append(answer["response"]["id"])


def listed(port: int, key: str) -> Iterator[str]:
    cursor = ""
    while cursor is not None:
        asked = {"api_key": key, "thread:ident": "bread", "limit": "100", "order": "asc", "cursor": cursor}
        answer = request(port, "GET", f"/api/3.0/threads/listPosts.json?{urlencode(asked)}")
        yield from (post["id"] for post in answer["response"])
        cursor = answer["cursor"]["next"]


def request(port: int, method: str, path: str, asked: Mapping[str, str] | None = None) -> dict:
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    with contextlib.closing(connection):
        body = urlencode(asked) if asked else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, body, headers)
        return json.loads(connection.getresponse().read())


@contextlib.contextmanager
def serving(
    environment: Mapping[str, str], folder: Path, *more: str
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = free_port()
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


def descant(*words: str, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "descant", *words]
    return subprocess.run(command, env=dict(environment), check=True, capture_output=True, text=True).stdout
