"""Hot pages of a site, read in closed loops, alone and behind HAProxy's cache, and in an open one; posts come in."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.loads.closed import Closed, note_closed, read_closed
from bench.rig.reading.loads.paced import Generator, NoCompiler, Paced, compile_into, read_paced, unpacked
from bench.rig.reading.posting import Poster
from bench.rig.reading.proxy import NoHAProxy, Proxy, proxy_before
from bench.rig.reading.rounds import Book, in_turn
from bench.rig.reading.threads import identifier, is_page_of, page_path, write_paths

ROUNDS, SECONDS, WARM_SECONDS = 3, 6.0, 40.0
HOT_THREADS = 100  # that nine reads in ten fall on, where they do
POST_EVERY = 0.2  # seconds
LOOKED_AT = 20  # pages, after each closed loop
RATE = 17_000


@dataclass
class Hot:
    """A site that is served with this many threads, all alike; the posts to it, and the pages that were looked at."""

    book: Book
    port: int
    pid: int
    key: str
    folder: Path
    threads: int
    paths: Path = field(init=False)
    poster: Poster = field(init=False)
    wrong: int = 0  # pages that were not those of their threads

    def __post_init__(self) -> None:
        paths = (page_path(identifier(thread)) for thread in range(self.threads))
        self.paths = write_paths(self.folder / "paths", paths)
        self.poster = Poster(self.port, self.key, "hot")
        read_closed(self.port, self.paths, seconds=WARM_SECONDS)

    def closed_loops(self, port_among_others: int, pid_among_others: int) -> None:
        """Rates over all threads and on some, alone, behind the cache, and of a host that knows of others."""
        read_closed(port_among_others, self.paths, seconds=WARM_SECONDS)
        acts = {
            "even_among_others": partial(self._read, port_among_others, 0, pid_among_others),
            "even": partial(self._read, self.port, 0, self.pid),
            "skewed": partial(self._read, self.port, HOT_THREADS, self.pid),
        }
        try:
            with proxy_before(self.port, page_path(identifier(0)), self.folder) as proxy:
                self._in_turn({**acts, **self._behind(proxy)})
        except NoHAProxy as reason:
            self.book.missing["reads.haproxy_rps"] = str(reason)
            self._in_turn(acts)

    def open_loop(self) -> None:
        """Milliseconds where 17,000 requests fall due in a second, over all threads and on some."""
        try:
            generator = compile_into(self.folder)
        except NoCompiler as reason:
            self.book.missing[f"reads.open_{RATE}_p99_ms"] = str(reason)
            return
        acts = {f"open_{RATE}": partial(self._read_paced, generator, 0)}
        acts[f"open_{RATE}_skewed"] = partial(self._read_paced, generator, HOT_THREADS)
        for name, runs in in_turn(acts, ROUNDS).items():
            lost = sum(run.otherwise + run.never for run in runs)
            if lost:
                due = sum(run.due for run in runs)
                self.book.missing[f"reads.{name}_p99_ms"] = (
                    f"{lost} of {due} requests were not answered with 200"
                )
                continue
            for share, said in ((0.5, "p50"), (0.99, "p99"), (0.999, "p999")):
                self.book.note_runs(f"reads.{name}_{said}_ms", [run.percentile(share) for run in runs])
            self.book.note_runs(f"reads.{name}_generator_us", [run.own_us for run in runs])
        self._note_looks()

    def _behind(self, proxy: Proxy) -> dict[str, Callable[[], Closed]]:
        return {
            "haproxy": partial(self._read, proxy.cached, 0),
            "haproxy_skewed": partial(self._read, proxy.cached, HOT_THREADS),
            "null": partial(read_closed, proxy.null, self.paths, seconds=SECONDS / 2),
        }

    def _in_turn(self, acts: Mapping[str, Callable[[], Closed]]) -> None:
        for name, runs in in_turn(acts, ROUNDS).items():
            note_closed(self.book, f"reads.{name}", runs)
        self._note_looks()

    def _read(self, port: int, hot: int, server: int = 0) -> Closed:
        with self.poster.meanwhile(self.threads, every=POST_EVERY):
            run = read_closed(port, self.paths, hot=hot, seconds=SECONDS, server=server)
        asker, dice = Asker(port), random.Random(hot)
        for thread in dice.sample(range(self.threads), LOOKED_AT):
            self.wrong += not is_page_of(thread, asker.get(page_path(identifier(thread))))
        return run

    def _read_paced(self, generator: Generator, hot: int) -> Paced:
        with self.poster.meanwhile(self.threads, every=POST_EVERY):
            run = read_paced(generator, self.port, self.paths, rate=RATE, seconds=SECONDS, hot=hot)
        pages = ((thread, answer) for thread, answer in run.samples if answer[9:12] == b"200")
        self.wrong += sum(not is_page_of(thread, unpacked(answer)) for thread, answer in pages)
        return run

    def _note_looks(self) -> None:
        self.book.note("reads.wrong_pages", self.wrong)
        self.book.note("reads.posts_meanwhile", self.poster.posted)
        self.book.note("reads.posts_failed", len(self.poster.failed))
        self.book.note("reads.stale_at_once_under_load", self.poster.stale)
