"""The benchmark of reading counts what it says it counts: what generators found, what is refused, who was read."""

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from bench.rig.reading.loads.closed import parsed
from bench.rig.reading.loads.paced import Generator, Paced, compile_into, read_paced, unpacked
from bench.rig.reading.parts import the_failure_of
from bench.rig.reading.proxy import NoHAProxy
from bench.rig.reading.rounds import Book, in_turn
from bench.rig.reading.threads import comments_of, export, is_page_of

RATE, SECONDS = 400, 1.5


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return compile_into(tmp_path_factory.mktemp("paced"))


@pytest.fixture
def paths(tmp_path: Path) -> Path:
    (tmp_path / "paths").write_text("".join(f"/{number}\n" for number in range(50)))
    return tmp_path / "paths"


def test_an_open_loop_counts_each_request_that_the_server_has_seen(generator: Generator, paths: Path) -> None:
    with answering() as (port, asked):
        run = read_paced(generator, port, paths, rate=RATE, seconds=SECONDS)
    assert run.due > RATE
    assert sum(asked.values()) == run.due == len(run.milliseconds)
    assert (run.otherwise, run.never) == (0, 0)
    assert set(asked) == {f"/{number}" for number in range(50)}
    assert run.samples
    assert all(unpacked(answer) == f"This is /{path}.".encode() for path, answer in run.samples)


def test_an_open_loop_asks_as_often_while_the_server_stands_still(generator: Generator, paths: Path) -> None:
    with answering() as (port, _):
        quick = read_paced(generator, port, paths, rate=RATE, seconds=SECONDS)
    with answering(stall=0.5) as (port, asked):
        slow = read_paced(generator, port, paths, rate=RATE, seconds=SECONDS)
    assert sum(asked.values()) == slow.due == quick.due
    # Who came while it stood still has waited: some 200 of 600, and not only the one that it was busy with.
    assert sum(milliseconds > 100 for milliseconds in slow.milliseconds) > 100


def test_nine_reads_in_ten_fall_on_the_hot_threads(generator: Generator, paths: Path) -> None:
    with answering() as (port, asked):
        read_paced(generator, port, paths, rate=RATE, seconds=SECONDS, hot=5)
    hot = sum(asked[f"/{number}"] for number in range(5))
    assert 0.86 < hot / asked.total() < 0.95


def test_a_line_may_be_a_form_to_post(generator: Generator, tmp_path: Path) -> None:
    paths = tmp_path / "forms"
    paths.write_text("POST /said message=Rye&name=Gus\n")
    with answering() as (port, asked):
        run = read_paced(generator, port, paths, rate=RATE, seconds=0.5)
    assert asked == {"/said message=Rye&name=Gus": run.due}
    assert len(run.milliseconds) == run.due > 0


def test_an_answer_other_than_200_is_no_answer(generator: Generator, paths: Path) -> None:
    with answering(status="503 No") as (port, asked):
        run = read_paced(generator, port, paths, rate=RATE, seconds=0.5)
    assert run.otherwise == run.due == sum(asked.values())
    assert run.milliseconds == []
    assert run.percentile(0.01) == math.inf


def test_a_percentile_is_of_all_that_were_due() -> None:
    run = Paced(
        due=100, otherwise=0, never=2, milliseconds=[float(n) for n in range(98)], samples=[], own_us=1
    )
    assert run.percentile(0.5) == 50
    assert run.percentile(0.99) == math.inf


def test_faults_are_taken_from_the_rate_of_a_closed_loop() -> None:
    said = "Running 2s test\ndrawn 2000 2000000 500 1500 20000\n"
    run = parsed(said, own_seconds=0.1, server_seconds=0.4)
    assert (run.rate, run.faults) == (750, 500)
    assert (run.p50_ms, run.p99_ms, run.own_us, run.server_us) == (1.5, 20, 50, 200)
    with pytest.raises(RuntimeError, match="unable to connect"):
        parsed("unable to connect", own_seconds=0)


def test_a_figure_without_enough_quiet_runs_is_not_told_and_no_ratio_stands_on_it() -> None:
    book = Book()
    book.note_runs("ours", [30.0, 10.0, 20.0])
    book.note_runs("theirs", [1.0])
    book.note_ratio("ratio", "ours", "theirs")
    assert book.figures == {"ours": 20, "ours_least": 10, "ours_most": 30}
    assert book.missing == {"theirs": "the machine was busy", "ratio": "there is no theirs"}


def test_a_disturbed_run_is_taken_once_more_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = iter([0.0, 0.9, 0.0, 0.9, 0.9])
    monkeypatch.setattr("bench.rig.reading.rounds.Others.share", lambda self: next(shares))
    monkeypatch.setattr("bench.rig.reading.rounds.PATIENCE", 0)
    taken = iter(range(10))
    assert in_turn({"act": lambda: next(taken)}, 3) == {"act": [0, 2]}


def test_a_part_that_fails_costs_no_other_its_figures_and_leaves_none_of_its_own() -> None:
    whole, own = Book({"even": 1.0, "stale": 0.0}), Book()
    with the_failure_of("reads.stale", own):
        own.note("even", 2)
        own.missing["stale"] = "the machine was busy"
        raise NoHAProxy
    whole.take(own)
    assert whole.figures == {"even": 2}
    assert set(whole.missing) == {"stale", "reads.stale"}


def test_a_page_is_known_by_the_words_of_its_thread() -> None:
    texts = [text for text, _ in comments_of(7, 25)]
    assert is_page_of(7, "\n".join(texts).encode())
    assert not is_page_of(8, "\n".join(texts).encode())
    assert not is_page_of(7, b"There is nothing here.")
    assert sum(answered is not None for _, answered in comments_of(7, 25)) == 10
    exported = "".join(export(3, 25))
    assert exported.count("<post ") == 75
    assert exported.count("<parent ") == 30


@dataclass
class Answering(asyncio.Protocol):
    """Says which path was asked for; after the hundredth answer of all it may stand still once."""

    status: str
    stall: float
    asked: Counter[str]
    open_ones: set[asyncio.Transport]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.open_ones.add(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_ones.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        head, _, form = data.decode().partition("\r\n\r\n")
        path = " ".join([head.split()[1], *form.split()])
        self.asked[path] += 1
        if self.asked.total() == 100:
            time.sleep(self.stall)
        body = f"This is {path}."
        self.transport.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


@contextmanager
def answering(status: str = "200 OK", stall: float = 0.0) -> Iterator[tuple[int, Counter[str]]]:
    """A server, and how often each path was asked for."""
    asked: Counter[str] = Counter()
    open_ones: set[asyncio.Transport] = set()
    loop = asyncio.new_event_loop()
    listening = loop.create_server(
        lambda: Answering(status, stall, asked, open_ones), "127.0.0.1", backlog=256
    )
    server = loop.run_until_complete(listening)

    def end() -> None:
        server.close()
        for one in open_ones:
            one.abort()
        loop.call_later(0.05, loop.stop)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        loop.call_soon_threadsafe(end)
        thread.join()
        loop.close()
