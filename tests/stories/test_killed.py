"""The whole service is killed while people write: what was acknowledged is there afterwards, once."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from tests.stories.serving import descant, environment_of_a_site, leave, serving

WRITERS, KILLS = 8, 2


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    environment = environment_of_a_site(tmp_path, "killed")
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
