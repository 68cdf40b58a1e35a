"""How fast a first page is read: in closed and open loops, cached and not, after a post, and beside three peers.

    make bench B=reads                     about twelve minutes
    make bench B=reads PEERS=0             without the peers: about nine
    make bench B=reads PART="cold open"    some of it: cold closed open stale storm on PostgreSQL, cold peers on SQLite

Writes bench/results/reads.json after each part, so that one which fails costs no other; with PART only the figures of
these parts are replaced. The peers are installed from their public packages into a cache folder (descant-bench in
XDG_CACHE_HOME, else in ~/.cache) at the first run, which takes some minutes. A run that other work on the machine
disturbs is taken again, then left out; a figure without enough runs is not written, nor is a ratio that stands on it.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.reading import comparing, hosts, sizes, storm, uncached
from bench.rig.reading.hot import Hot
from bench.rig.reading.parts import asked_for, keep, kept_book, measure_part, tell, the_failure_of
from bench.rig.reading.proxy import proxy_before
from bench.rig.reading.rounds import Book
from bench.rig.reading.threads import export
from bench.rig.sites import FORUM, Site, site_on

RESULTS = Path(__file__).parent / "results" / "reads.json"
THREADS, FEW_THREADS, COMMENTS = 4_000, 1_200, 25
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "descant-bench"

Part = Callable[[Book, Site, Path], None]


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # what was started is ended
    asked = asked_for({name for parts in PARTS.values() for name in parts})
    without = {"peers"} if os.environ.get("PEERS") == "0" else set()
    whole = kept_book(RESULTS, asked)
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as made:
        for database, parts in PARTS.items():
            wanted = [name for name in parts if (not asked or name in asked) and name not in without]
            if wanted:
                with the_failure_of(f"the site on {database}", whole), site_on(database, Path(made)) as site:
                    measure(whole, site, Path(made), {name: parts[name] for name in wanted})
    tell(whole)


def measure(whole: Book, site: Site, folder: Path, parts: dict[str, Part]) -> None:
    """Each part by itself: its figures are kept as soon as they are there, whatever becomes of the next."""
    for name, part in parts.items():
        room = folder / f"{site.data.name}-{name}"
        room.mkdir()
        print(f"{name}, {site.data.name} …", flush=True)
        own = measure_part(f"reads.{name}", whole, lambda book, part=part, room=room: part(book, site, room))
        whole.take(_between_parts(whole))
        keep(whole, RESULTS)
        tell(own)


def cold(database: str, threads: int) -> Part:
    def measured(book: Book, site: Site, folder: Path) -> None:
        fill(site, threads)
        uncached.measure(book, site, database)

    return measured


def closed(book: Book, site: Site, folder: Path) -> None:
    fill(site, THREADS)
    key, among_others = site.public_key(), hosts.host_among_others(site, folder / "host")
    with site.serving() as pid, among_others.serving() as pid_among_others:
        hot = Hot(book, site.port, pid, key, folder, THREADS)
        hot.closed_loops(among_others.port, pid_among_others)


def open_loop(book: Book, site: Site, folder: Path) -> None:
    fill(site, THREADS)
    key = site.public_key()
    with site.serving() as pid:
        Hot(book, site.port, pid, key, folder, THREADS).open_loop()


def stale(book: Book, site: Site, folder: Path) -> None:
    fill(site, THREADS)
    hosts.measure(book, site, folder)


def stormed(book: Book, site: Site, folder: Path) -> None:
    fill(site, THREADS)
    with open(folder / "export.xml", "w", encoding="utf-8") as written:
        written.writelines(export(storm.SPREAD, COMMENTS))
    storm.open_other_forum(site, folder / "export.xml")
    key = site.public_key()
    with site.serving():
        storm.measure(book, site, folder, key)


def peers(book: Book, site: Site, folder: Path) -> None:
    """Beside Descant on SQLite, for they keep their comments there too."""
    sizes.time_start(book, site)
    key = site.public_key()
    with (
        site.serving() as pid,
        proxy_before(site.port, "/healthz", folder) as proxy,
        comparing.peers_served(book, CACHE, folder, proxy.nothing) as found,
    ):
        comparing.add_ours(found, site.port, pid, key)
        comparing.compare(book, found, folder)
        comparing.read_alone(book, found)
        sizes.weigh_ours(book, site.port, found.paths[comparing.OURS, 25])
        sizes.weigh_peers(book, found)
        sizes.weigh_memory(book, found)


PARTS: dict[str, dict[str, Part]] = {
    "postgresql": {
        "cold": cold("postgresql", THREADS),
        "closed": closed,
        "open": open_loop,
        "stale": stale,
        "storm": stormed,
    },
    "sqlite": {"cold": cold("sqlite", FEW_THREADS), "peers": peers},
}


def fill(site: Site, threads: int) -> None:
    """Threads of 25 comments, through an import, once; and the worker has done what follows from it."""
    file = site.data / "export.xml"
    if file.exists():
        return
    with open(file, "w", encoding="utf-8") as written:
        written.writelines(export(threads, COMMENTS))
    site.command("import", "disqus", str(file), "--forum", FORUM)
    site.command("worker", "--once")


def _between_parts(whole: Book) -> Book:
    """What stands on figures of two parts."""
    book = Book(dict(whole.figures))
    ratios = [value for name, value in whole.figures.items() if name.endswith("l_page1000_over_page1")]
    if ratios:
        book.note("reads.page1000_over_page1", max(ratios))  # of the two databases the worse
    alone = {name: value for name, value in whole.figures.items() if name.endswith("_25_alone_ms")}
    if alone:
        fastest = min(alone, key=alone.__getitem__)
        book.note_ratio("reads.uncached_25_over_fastest_peer", "reads.sqlite_uncached_25_ms", fastest)
    if {"reads.even_rps", "reads.even_among_others_rps"} <= set(whole.figures):
        book.note_ratio("reads.among_others_over_alone", "reads.even_among_others_rps", "reads.even_rps")
    return book


if __name__ == "__main__":
    main()
