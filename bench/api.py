"""The programs' side, measured: what programs read and write, per second, of 1,000 threads over kept connections.

    make bench B=api
    make bench B=api SECONDS=2

Writes bench/results/api.json if it ran its whole time.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.first import posts
from bench.rig.load import Load, load
from bench.rig.quiet import wait_for_quiet
from bench.rig.sites import FORUM, Site, site_on

RESULTS = Path(__file__).parent / "results" / "api.json"
CLIENTS, THREADS, SECONDS = 32, 1_000, 10.0
# What programs ask most: a thread by its page's name, its comments, and the forum's latest.
READS = {
    "threads/details": {"thread:ident": "bench-{thread}"},
    "threads/listPosts": {"thread:ident": "bench-{thread}", "order": "asc", "limit": "25"},
    "threads/set": {"thread": "ident:bench-{thread}"},
    "posts/list": {"limit": "25", "related": "thread"},
}


def main() -> None:
    seconds = float(os.environ.get("SECONDS", SECONDS))
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        for database in ("sqlite", "postgresql"):
            with site_on(database, Path(folder)) as site:
                found = measure(site, seconds)
                figures |= {f"api.{database}.{name}": round(value, 3) for name, value in found.items()}
    if seconds == SECONDS:
        RESULTS.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(figures.items()):
        print(f"{name:<55}{value:>14,.2f}")


def measure(site: Site, seconds: float) -> dict[str, float]:
    """Posts first, which fill the threads, and then reads of each kind; what was refused is told too."""
    key = site.public_key()
    figures: dict[str, float] = {}
    with site.serving():
        warm = load(site.port, posts(key, THREADS, "warm"), clients=CLIENTS, seconds=seconds / 2)
        wait_for_quiet()
        posted = load(site.port, posts(key, THREADS, "run"), clients=CLIENTS, seconds=seconds)
        figures |= told("posts", posted)
        threads = min(THREADS, max(len(warm.answers), len(posted.answers)))  # written on in turn
        wait_for_quiet()
        for name, asked in READS.items():
            done = load(site.port, reads(key, name, asked, threads), clients=CLIENTS, seconds=seconds)
            figures |= told(name.replace("/", "_"), done)
            figures[f"{name.replace('/', '_')}_bytes"] = sum(map(len, done.answers)) / len(done.answers)
    return figures


def told(name: str, done: Load) -> dict[str, float]:
    return {
        f"{name}_per_s": done.rate,
        f"{name}_p50_ms": done.percentile(0.5),
        f"{name}_p99_ms": done.percentile(0.99),
        f"{name}_refused": done.others,
    }


def reads(key: str, name: str, asked: dict[str, str], threads: int) -> Iterator[bytes]:
    """Requests of one kind, over the threads in turn."""
    for number in count():
        each = {field: value.format(thread=number * 7 % threads) for field, value in asked.items()}
        query = urlencode({"api_key": key, "forum": FORUM, **each})
        yield f"GET /api/3.0/{name}.json?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


if __name__ == "__main__":
    main()
