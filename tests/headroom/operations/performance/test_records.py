"""Each request tells what it has cost, whatever else runs at the time, and nothing of who has asked."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connections
from django.test import AsyncClient, Client

from django_headroom.caching import Made, fetch, mark_stale
from django_headroom.operations.performance import dropped, recorded, recording, telling, watching
from django_headroom.operations.performance.recording import FOLD_AT, Record
from tests.headroom.market.threads import DATABASES
from tests.headroom.operations.performance import site
from tests.headroom.operations.waiting import comes_true

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(tmp_path: Path, settings: Any) -> Iterator[Lines]:
    """What came to the socket of syslog since it was last asked."""
    path = str(tmp_path / "log")
    settings.ROOT_URLCONF, settings.MIDDLEWARE = site.__name__, site.MIDDLEWARE
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_SOCKET": path, "RELEASE": "7"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        server.setblocking(False)
        yield lambda: list(come_to(server))
    telling.close()
    site.go_on.clear()
    site.has_come.clear()


def come_to(server: socket.socket) -> Iterator[dict[str, Any]]:
    while True:
        try:
            head, _, text = server.recv(65_536).partition(b": @cee: ")
        except BlockingIOError:
            return
        assert head.startswith(b"<134>headroom[")
        yield json.loads(text)


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *given: object) -> None:
        return


@pytest.fixture
def neighbour() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_line_says_what_a_request_has_cost(lines: Lines, neighbour: str, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_SWITCHES": f"{__name__}.switched_on"}
    del caches._connections.default  # made anew, it is listened to
    assert Client().get("/all/ann@mail.example/", {"call": neighbour}).status_code == 200
    (line,) = lines()
    assert (line["kind"], line["method"], line["route"]) == ("request", "GET", "all/<str:word>/")
    assert (line["status"], line["release"], line["bytes"]) == (200, "7", len("ann@mail.example"))
    p2 = line["db"]["p2"]
    assert (p2["n"], p2["duplicates"]) == (3, 2)
    assert 0 <= p2["slowest_ms"] <= p2["ms"]
    assert {name: line["cache"][name] for name in ("n", "hits", "misses", "errors")} == {
        "n": 3,
        "hits": 1,
        "misses": 2,
        "errors": 0,
    }
    assert [(call["host"], call["n"], call["errors"]) for call in line["calls"]] == [("127.0.0.1", 1, 0)]
    assert (line["templates"]["n"], line["stale"], line["switches"]) == (1, 1, ["live", "votes"])
    assert line["rss_mb"] > 1
    spent = p2["ms"] + line["cache"]["ms"] + line["calls"][0]["ms"] + line["templates"]["ms"]
    assert 0 <= spent <= line["wall_ms"] + 0.05, "no time is counted twice"
    assert "mail.example" not in json.dumps(line), "nothing that somebody has written"


def switched_on() -> set[str]:
    return {"votes", "live"}


@pytest.fixture
def records() -> Iterator[list[dict[str, Any]]]:
    """Every line there is, also when the socket's queue is short."""
    kept: list[dict[str, Any]] = []

    def keep(record: Record) -> None:
        kept.append(telling.line_of(record))

    recording.at_the_end.append(keep)
    yield kept
    recording.at_the_end.remove(keep)


def test_requests_in_many_threads_are_not_mixed_up(lines: Lines, records: list[Any]) -> None:
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda number: Client().get(f"/ask/{number}/"), range(1, 51)))
    assert sorted(line["db"]["p1"]["n"] for line in records) == list(range(1, 51))


def test_requests_on_one_loop_are_not_mixed_up(lines: Lines, records: list[Any]) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(AsyncClient().get(f"/later/{number}/") for number in range(1, 21)))

    asyncio.run(all_at_once())
    found = sorted((line["db"]["p1"]["n"], line["calls"][0]["n"]) for line in records)
    assert found == [(number, number) for number in range(1, 21)]


def test_a_job_is_recorded_however_much_it_asks(lines: Lines) -> None:
    with recorded("job", "count bread"):
        site.ask(FOLD_AT + 5)
    (line,) = lines()
    assert (line["kind"], line["route"], line["db"]["p1"]["n"]) == ("job", "count bread", FOLD_AT + 5)


def test_a_value_that_is_older_than_it_should_be_is_told(lines: Lines) -> None:
    """As the last one is given while its maker fails."""
    for version in (1, 2):
        with recorded("job", f"read bread {version}"):
            fetch("bread", partial(make, version), soft=60, hard=600)
        mark_stale("bread")
    assert [line["stale"] for line in lines()] == [0, 1]


def make(version: int) -> Made:
    if version > 1:
        raise ArithmeticError
    return Made(b"bread", version)


def test_what_is_not_recorded_costs_nothing_and_fails_nothing() -> None:
    site.ask(1)
    connections["p1"].close()


def test_a_full_socket_delays_nobody_and_the_loss_is_told(lines: Lines) -> None:
    before = dropped()
    for _ in range(5_000):
        if dropped() > before:
            break
        assert Client().get("/ask/0/").status_code == 200
    assert dropped() == before + 1
    assert len(lines()) > 1
    Client().get("/ask/0/")
    assert lines()[0]["dropped"] == before + 1


def test_a_dead_socket_fails_nobody(lines: Lines, settings: Any) -> None:
    before = dropped()
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_SOCKET": settings.HEADROOM["COUNTERS_FOLDER"]}
    telling.close()
    assert Client().get("/ask/0/").status_code == 200
    assert Client().get("/ask/0/").status_code == 200
    assert dropped() == before + 2


def ask_later(address: str) -> int:
    async def get() -> int:
        return int((await AsyncClient().get(address)).status_code)

    return asyncio.run(get())


def ask_now(address: str) -> int:
    return int(Client().get(address).status_code)


@pytest.mark.parametrize(
    ("get", "route", "is_at"),
    [
        (ask_now, "wait/", ("waiting", "")),
        (ask_now, "hang/", ("waits", "p1: SELECT ?")),
        (ask_later, "wait/later/", ("waiting_later", "")),
    ],
)
def test_a_request_that_does_not_end_is_told_of_once_with_what_it_is_at(
    get: Callable[[str], int], route: str, is_at: tuple[str, str], lines: Lines, settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_STACK_SECONDS": 3_600}  # till it has come there
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(get, f"/{route}")
        assert site.has_come.wait(60)
        settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_STACK_SECONDS": 1e-9}
        told: list[dict[str, Any]] = []

        def is_told() -> bool:
            watching.look()
            told.extend(line for line in lines() if line["kind"] == "slow request")
            return bool(told)

        assert comes_true(is_told)
        is_told()
        assert not answer.done(), "it goes on, and may do so for good"
        site.go_on.set()
        assert answer.result(60) == 200
    is_told()
    (line,) = told
    culprit, statement = is_at
    assert (line["route"], line["statement"]) == (route, statement)
    assert line["culprit"].startswith("tests/headroom/operations/performance/site.py:")
    assert line["culprit"].endswith(f" {culprit}")
    assert len(line["stack"]) >= 2
