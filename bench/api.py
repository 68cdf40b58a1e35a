"""The programs' side, measured: what programs read and write a second, and how fast a forum is taken along.

    make bench B=api                                       about ten minutes
    make bench B=api SECONDS=1 ROUNDS=2 COMMENTS=2000      to see that it works

Writes bench/results/api.json if nothing of it was made smaller. What is measured takes turns, five of each kind; one
that other work on the machine disturbs is taken again, then left out. Figures are medians; without two there is none.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.first import posts
from bench.rig import exports
from bench.rig.after.posts import forget_what_follows
from bench.rig.load import Load, load
from bench.rig.reading.parts import keep, tell, the_failure_of
from bench.rig.reading.rounds import Book, in_turn
from bench.rig.sites import FORUM, Site, site_on

RESULTS = Path(__file__).parent / "results" / "api.json"
CLIENTS, THREADS = 32, 1_000
WHOLE = {"SECONDS": 4, "ROUNDS": 5, "COMMENTS": 100_000}
SIZES = {name: int(os.environ.get(name, size)) for name, size in WHOLE.items()}
# What programs ask most: a thread by its page's name, its comments, and the forum's latest.
READS = {
    "threads/details": {"thread:ident": "bench-{thread}"},
    "threads/listPosts": {"thread:ident": "bench-{thread}", "order": "asc", "limit": "25"},
    "threads/set": {"thread": "ident:bench-{thread}"},
    "posts/list": {"limit": "25", "related": "thread"},
}
EXPORTS = ("native", "disqus")


def main() -> None:
    book = Book()
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        for database in ("sqlite", "postgresql"):
            with the_failure_of(f"api.{database}", book), site_on(database, Path(folder)) as site:
                measure(book, f"api.{database}", site, Path(folder))
    if SIZES == WHOLE:
        keep(book, RESULTS)
    tell(book)


def measure(book: Book, place: str, site: Site, folder: Path) -> None:
    """A forum of so many comments; on it reads of each kind in turn, then posts, and then exports of it."""
    fill(site, folder)
    key = site.public_key()
    with site.serving():
        sent = posts(key, THREADS, "run")
        send = partial(load, site.port, clients=CLIENTS, seconds=SIZES["SECONDS"])

        def post() -> Load:
            """What follows is told meanwhile; the rest of it is dropped, for the next to find the machine quiet."""
            written = send(sent)
            forget_what_follows(site)
            return written

        threads = min(THREADS, len(post().answers))  # written on in turn
        asked = {name.replace("/", "_"): reads(key, name, threads) for name in READS}
        acts: dict[str, Callable[[], Load]] = {name: partial(send, each) for name, each in asked.items()}
        found = in_turn(acts, SIZES["ROUNDS"]) | in_turn({"posts_create": post}, SIZES["ROUNDS"])
        for name, runs in found.items():
            note(book, f"{place}.{name}", runs)
    leaving = {kind: partial(rows_per_second, site, folder, kind) for kind in EXPORTS}
    for kind, rates in in_turn(leaving, SIZES["ROUNDS"]).items():
        book.note_runs(f"{place}.export_{kind}_rows_per_s", rates)


def fill(site: Site, folder: Path) -> None:
    """Bring in a made-up export."""
    file = folder / "export.xml"
    if not file.exists():
        with open(file, "w", encoding="utf-8") as written:
            written.writelines(exports.export(SIZES["COMMENTS"]))
    site.command("import", "disqus", str(file), "--forum", FORUM)
    site.command("worker", "--once")


def reads(key: str, name: str, threads: int) -> Iterator[bytes]:
    """Requests of one kind, over the threads in turn."""
    for number in count():
        asked = {field: value.format(thread=number * 7 % threads) for field, value in READS[name].items()}
        query = urlencode({"api_key": key, "forum": FORUM, **asked})
        yield f"GET /api/3.0/{name}.json?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def note(book: Book, name: str, runs: list[Load]) -> None:
    """Rates, times and sizes of the runs of one kind; what was refused is told of all of them."""
    book.note_runs(f"{name}_per_s", [run.rate for run in runs])
    for share, called in ((0.5, "p50"), (0.99, "p99")):
        book.note_runs(f"{name}_{called}_ms", [run.percentile(share) for run in runs])
    answers = [answer for run in runs for answer in run.answers]
    if answers:
        book.note(f"{name}_bytes", sum(map(len, answers)) / len(answers))
    book.note(f"{name}_refused", sum(run.others for run in runs))


def rows_per_second(site: Site, folder: Path, kind: str) -> float:
    """Rows of an export by the command, the whole of it timed: it starts, writes and packs."""
    line = [
        sys.executable,
        "-m",
        "descant",
        "export",
        FORUM,
        "--format",
        kind,
        "--to",
        str(folder / f"{kind}.gz"),
    ]
    began = time.perf_counter()
    done = subprocess.run(line, env=dict(site.environment), check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    said = re.search(r"([\d,]+) rows, ", done.stderr)
    if said is None:
        raise ValueError(f"it does not say how many rows: {done.stderr}")
    return int(said[1].replace(",", "")) / seconds


if __name__ == "__main__":
    main()
