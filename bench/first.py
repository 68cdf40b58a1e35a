"""The first whole of Descant, measured: bytes, queries and rows of a page, comments posted and imported per second.

    make bench B=first

Writes bench/results/first.json. Ratios are against a floor measured in the same run: bare inserts, one commit each,
by as many clients, into a table of the same shape.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rig import exports, floors, weights
from bench.rig.load import Load, load, post_request
from bench.rig.quiet import wait_for_quiet
from bench.rig.sites import FORUM, Site, site_on

RESULTS = Path(__file__).parent / "results" / "first.json"
CLIENTS, SECONDS, THREADS = 32, 12.0, 1_000
MOST_POSTS = 60_000
COMMENTS_OF_A_LARGE_THREAD = 100_000
POSTS_OF_AN_EXPORT = 100_000
TEXT = (
    "The **crust** sings when it cools; listen before you cut. Eighteen hours in the cold, then a hot oven."
)


def main() -> None:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        for database in ("sqlite", "postgresql"):
            with site_on(database, Path(folder)) as site:
                figures |= named(database, measure_posting(site, database))
                figures |= named(database, exports.measure(site, Path(folder), POSTS_OF_AN_EXPORT))
                figures |= named(database, weights.pages(site, COMMENTS_OF_A_LARGE_THREAD))
                if database == "sqlite":
                    figures |= named("weight", weights.weights(site))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    for name, value in sorted(figures.items()):
        print(f"{name:<55}{value:>14,.2f}")


def named(part: str, figures: dict[str, float]) -> dict[str, float]:
    return {f"first.{part}.{name}": round(value, 3) for name, value in figures.items()}


def measure_posting(site: Site, database: str) -> dict[str, float]:
    """Comments per second over many threads and on one, all acknowledged ones counted again in the database."""
    figures: dict[str, float] = {}
    wait_for_quiet()
    floor = floors.inserts_per_second(site, database, clients=CLIENTS, seconds=5.0)
    figures["floor_inserts_per_s"] = floor
    key = site.public_key()
    acknowledged = 0
    with site.serving():
        warm = load(site.port, posts(key, THREADS, "warm"), clients=CLIENTS, seconds=5.0)
        acknowledged += len(warm.answers)
        for name, threads in (("over_1000_threads", THREADS), ("on_one_thread", 1)):
            wait_for_quiet()
            made = iter(list(islice(posts(key, threads, name), MOST_POSTS)))  # made before the clock runs
            done = load(site.port, made, clients=CLIENTS, seconds=SECONDS)
            acknowledged += len(done.answers)
            figures |= told(name, done, floor)
    figures["posts_lost"] = acknowledged - len({*floors.comments_kept(site)})
    return figures


def told(name: str, done: Load, floor: float) -> dict[str, float]:
    return {
        f"posts_per_s_{name}": done.rate,
        f"posts_p50_ms_{name}": done.percentile(0.5),
        f"posts_p99_ms_{name}": done.percentile(0.99),
        f"posts_refused_{name}": done.others,
        f"posts_over_floor_{name}": done.rate / floor,
    }


def posts(key: str, threads: int, run: str) -> Iterator[bytes]:
    """Comments to many threads in turn, each with a key of its own."""
    for number in count():
        asked = {
            "api_key": key,
            "forum": FORUM,
            "thread:ident": f"bench-{number % threads}",
            "message": f"{TEXT} ({number})",
            "author_name": f"Reader {number % 500}",
            "author_email": "reader@mail.example",
        }
        body = urlencode(asked).encode()
        yield post_request("/api/3.0/posts/create.json", body, **{"Idempotency-Key": f"{run}-{number}"})


if __name__ == "__main__":
    main()
