"""Descant and its peers reading the same two threads in turn: as much as they can, and one reader alone."""

import contextlib
import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.loads.closed import CONNECTIONS, Closed, note_closed, read_closed
from bench.rig.reading.peers.isso import Isso
from bench.rig.reading.peers.peer import NotHad, Peer, Running
from bench.rig.reading.peers.waline import Waline
from bench.rig.reading.peers.xtd import CommentsXtd
from bench.rig.reading.rounds import Book, in_turn
from bench.rig.reading.threads import comments_of, page_path, write_paths
from bench.rig.reading.uncached import timed
from bench.rig.sites import FORUM

THREADS = {25: 1, 1_000: 2}  # by size
ROUNDS, SECONDS, PEER_CONNECTIONS = 3, 4.0, 16
ALONE = {25: 30, 1_000: 5}  # requests of one reader alone
OURS = "descant"


@dataclass
class Field:
    """Who is served: the port and process of each, and the path of each thread."""

    running: dict[str, Running] = field(default_factory=dict)
    paths: dict[tuple[str, int], str] = field(default_factory=dict)
    peers: list[Peer] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [OURS, *(peer.name for peer in self.peers)]


@contextlib.contextmanager
def peers_served(book: Book, cache: Path, folder: Path, nothing: int) -> Iterator[Field]:
    """Every peer that can be had, served and seeded; why one cannot be had stands in the book."""
    found = Field()
    with contextlib.ExitStack() as open_here:
        peers: tuple[Peer, ...] = (Isso(), CommentsXtd(), Waline())
        for peer in peers:
            home = folder / peer.name
            home.mkdir()
            try:
                peer.install(cache)
                found.running[peer.name] = open_here.enter_context(peer.serving(home, nothing))
            except NotHad as reason:
                book.missing[peer.name] = str(reason)
                continue
        started = [peer for peer in peers if peer.name in found.running]
        with ThreadPoolExecutor(len(peers)) as pool:
            reasons = list(pool.map(lambda peer: _seed(peer, found.running[peer.name]), started))
        for peer, why_not in zip(started, reasons, strict=True):
            if why_not:
                book.missing[peer.name] = why_not
                continue
            found.peers.append(peer)
            found.paths |= {(peer.name, size): peer.read_path(thread) for size, thread in THREADS.items()}
        yield found


def _seed(peer: Peer, running: Running) -> str:
    """Nothing, or why it could not be done."""
    try:
        for size, thread in THREADS.items():
            peer.seed(running, thread, size)
    except NotHad as reason:
        return str(reason)
    return ""


def add_ours(found: Field, port: int, pid: int, key: str) -> None:
    """Post the same threads to Descant, by its own API."""
    asker = Asker(port)
    for size, thread in THREADS.items():
        keys: list[str] = []
        for text, answered in comments_of(thread, size):
            form = {"api_key": key, "forum": FORUM, "thread:ident": f"same-{thread}", "message": text}
            form |= {"author_name": "Reader", "author_email": "reader@mail.example"}
            form |= {} if answered is None else {"parent": keys[answered]}
            keys.append(asker.post("/api/3.0/posts/create.json", form)["response"]["id"])
        found.paths[OURS, size] = page_path(f"same-{thread}")
    found.running[OURS] = Running(port, pid)


def compare(book: Book, found: Field, folder: Path) -> None:
    """Requests per second of each at each size, and ours divided by the fastest peer's; each in turn."""
    acts: dict[str, Callable[[], Closed]] = {}
    for size in THREADS:
        for name in found.names:
            running = found.running[name]
            paths = write_paths(folder / f"{name}-{size}", iter([found.paths[name, size]]))
            connections = CONNECTIONS if name == OURS else PEER_CONNECTIONS
            act = partial(
                read_closed, running.port, paths, seconds=SECONDS, connections=connections, server=running.pid
            )
            act(seconds=1)  # to warm up
            acts[f"{name}_{size}"] = act
    for name, runs in in_turn(acts, ROUNDS).items():
        note_closed(book, f"reads.{name}", runs)
    for size in THREADS:
        rates = [f"reads.{peer.name}_{size}_rps" for peer in found.peers]
        # One that is missing may have been the fastest: then there is no ratio.
        fastest = max(rates, key=lambda name: book.figures.get(name, math.inf), default="peer")
        book.note_ratio(f"reads.over_fastest_peer_{size}", f"reads.{OURS}_{size}_rps", fastest)


def read_alone(book: Book, found: Field) -> None:
    """Milliseconds of one reader alone, who asks each peer in turn."""
    for size in THREADS:
        acts: Mapping[str, Callable[[], float]] = {
            peer.name: partial(
                _alone, found.running[peer.name].port, found.paths[peer.name, size], ALONE[size]
            )
            for peer in found.peers
        }
        for name, runs in in_turn(acts, ROUNDS).items():
            book.note_runs(f"reads.{name}_{size}_alone_ms", runs)


def _alone(port: int, path: str, times: int) -> float:
    asker = Asker(port)
    return statistics.median(timed(asker, path)[1] for _ in range(times))
