"""How fast a first page is read: in closed and open loops, cached and not, after a post, and beside three peers.

    make bench B=reads                                            about eight minutes
    make bench B=reads PEERS=0                                    without the peers: about five
    make bench B=reads PARTS="closed open stale cold peers"       some of it

Writes bench/results/reads.json; with PARTS only the figures of these parts are replaced. The peers are installed from
their public packages into a cache folder (descant-bench in XDG_CACHE_HOME, else in ~/.cache) at the first run, which
takes some minutes. A run that other work on the machine disturbs is taken again, then left out; a figure without enough
runs is not written, nor is a ratio that stands on it.
"""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig.reading import comparing, hosts, sizes, uncached
from bench.rig.reading.hot import Hot
from bench.rig.reading.proxy import proxy_before
from bench.rig.reading.rounds import Book
from bench.rig.reading.threads import export
from bench.rig.sites import FORUM, Site, site_on

RESULTS = Path(__file__).parent / "results" / "reads.json"
PARTS = {"postgresql": {"cold", "closed", "open", "stale"}, "sqlite": {"cold", "peers"}}
THREADS, FEW_THREADS, COMMENTS = 4_000, 600, 25
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "descant-bench"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # what was started is ended
    asked = os.environ.get("PARTS", "").split()
    parts = set(asked) or PARTS["postgresql"] | PARTS["sqlite"]
    parts -= {"peers"} if os.environ.get("PEERS") == "0" else set()
    book = Book()
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as made:
        for database, measure in (("postgresql", measure_postgresql), ("sqlite", measure_sqlite)):
            if parts & PARTS[database]:
                with site_on(database, Path(made)) as site:
                    measure(book, site, Path(made), parts)
    ratios = [value for name, value in book.figures.items() if name.endswith("page1000_over_page1")]
    if ratios:
        book.note("reads.page1000_over_page1", max(ratios))  # of the two databases the worse
    write(book, keep=bool(asked))


def measure_postgresql(book: Book, site: Site, folder: Path, parts: set[str]) -> None:
    fill(site, THREADS)
    if "cold" in parts:
        uncached.measure(book, site, "postgresql")
    if {"closed", "open"} & parts:
        key = site.public_key()
        with site.serving() as pid:
            hot = Hot(book, site.port, pid, key, folder, THREADS)
            if "closed" in parts:
                hot.closed_loops()
            if "open" in parts:
                hot.open_loop()
    if "stale" in parts:
        hosts.measure(book, site, folder)


def measure_sqlite(book: Book, site: Site, folder: Path, parts: set[str]) -> None:
    """Beside the peers, which keep their comments in SQLite too."""
    if "cold" in parts:
        fill(site, FEW_THREADS)
        uncached.measure(book, site, "sqlite")
    if "peers" not in parts:
        return
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


def fill(site: Site, threads: int) -> None:
    """Threads of 25 comments, through an import; and the worker has done what follows from it."""
    file = site.data / "export.xml"
    with open(file, "w", encoding="utf-8") as written:
        written.writelines(export(threads, COMMENTS))
    site.command("import", "disqus", str(file), "--forum", FORUM)
    site.command("worker", "--once")


def write(book: Book, *, keep: bool) -> None:
    """To the file, and to whoever has asked; ``keep``: what the file has of other parts stays."""
    before = json.loads(RESULTS.read_text()) if keep and RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(before | book.figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(book.figures.items()):
        if not name.endswith(("_least", "_most")):
            ends = [book.figures.get(f"{name}_{end}") for end in ("least", "most")]
            spread = f"   {ends[0]:,.2f} to {ends[1]:,.2f}" if None not in ends else ""
            print(f"{name:<50}{value:>14,.2f}{spread}")
    for name, reason in sorted(book.missing.items()):
        print(f"{name:<50}{'–':>14}   {reason}")


if __name__ == "__main__":
    main()
