"""How long a post takes to reach all who read its thread in one web process, and what each of them takes there.

    .venv/bin/python -m bench.rig.after.live

Every reader is a connection of its own, as a browser has one; they and the server share the machine.
"""

import asyncio
import contextlib
import http.client
import json
import re
import resource
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import uvloop

from bench.rig.reading.processes import memory_mb, processor_seconds
from bench.rig.sites import FORUM, Site, site_on

CROWDS = (1_000, 10_000)
POSTS = 10
AT_ONCE = 200  # connections that are being opened
SILENCE = 0.5  # seconds between two posts
THREAD = "live"
PATIENCE = 120.0


class Reader(asyncio.Protocol):
    """One who reads: when she was told what."""

    def __init__(self, asked: bytes) -> None:
        self._asked, self.told = asked, list[float]()
        self.open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self._asked)  # type: ignore[attr-defined]

    def data_received(self, piece: bytes) -> None:
        if not self.open.done():
            self.open.set_result(piece.startswith(b"HTTP/1.1 200"))
        if b"event: change" in piece:
            self.told.append(time.monotonic())


def measure() -> dict[str, float]:
    """The figures by their names."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with (
        tempfile.TemporaryDirectory(prefix="descant-bench-") as folder,
        site_on("sqlite", Path(folder)) as site,
    ):
        site.environment = {**site.environment, "DESCANT_LIVE_OF_ADDRESS": "20000"}
        figures: dict[str, float] = {}
        for crowd in CROWDS:
            with site.serving("--workers", "1") as pid:
                figures |= uvloop.run(_with(crowd, site, pid))
    return figures


async def _with(crowd: int, site: Site, pid: int) -> dict[str, float]:
    key = site.public_key()
    _post(site, key, "The first.")
    asked = _request(site)
    before, _ = memory_mb(pid)
    readers: list[Reader] = []
    for _ in range(0, crowd, AT_ONCE):
        readers += await asyncio.gather(*(_reader(site, asked) for _ in range(AT_ONCE)))
    await asyncio.sleep(1)
    after, _ = memory_mb(pid)
    latencies: list[float] = []
    spent = processor_seconds(pid)
    for number in range(POSTS):
        began = time.monotonic()
        await asyncio.to_thread(_post, site, key, f"Loaf {number}.")
        async with asyncio.timeout(PATIENCE):
            while any(len(reader.told) <= number for reader in readers):
                await asyncio.sleep(0.01)
        latencies += [1_000 * (reader.told[number] - began) for reader in readers]
        await asyncio.sleep(SILENCE)
    spent = processor_seconds(pid) - spent
    for reader in readers:
        reader.transport.close()
    latencies.sort()
    return {
        f"after.live_{crowd}_p50_ms": median(latencies),
        f"after.live_{crowd}_p99_ms": latencies[int(len(latencies) * 0.99)],
        f"after.live_{crowd}_cpu_ms": 1_000 * spent / POSTS,
        "after.live_kb_per_reader": 1_024 * (after - before) / crowd,
    }


async def _reader(site: Site, asked: bytes) -> Reader:
    loop = asyncio.get_running_loop()
    _transport, reader = await loop.create_connection(lambda: Reader(asked), "127.0.0.1", site.port)
    assert await reader.open
    return reader


def _request(site: Site) -> bytes:
    """What a frame asks for that has the thread's page before it."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", f"/embed/comments/?f={FORUM}&t_i={THREAD}")
        page = connection.getresponse().read().decode()
    told = dict(re.findall(r'data-(thread|clock)="([^"]*)"', page))
    query = urlencode({"f": FORUM, "thread": told["thread"], "since": told["clock"], "lang": "en"})
    said = (
        f"GET /embed/live/?{query} HTTP/1.1\r\nHost: localhost:{site.port}\r\nAccept: text/event-stream\r\n"
    )
    return (said + "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept-Language: en\r\n\r\n").encode()


def _post(site: Site, key: str, text: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        body = urlencode({"api_key": key, "thread:ident": THREAD, "message": text, "author_name": "Gus"})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/api/3.0/posts/create.json", body, kind)
        assert connection.getresponse().status == 200


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1, sort_keys=True))
