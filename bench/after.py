"""What happens after: whether anything is lost, how soon and how much is told, what posts bear of it, live readers.

    make bench B=after                     about seventeen minutes
    make bench B=after PART="kills live"   some of it: kills idle rates flood sustained posts live
    make bench B=after PART=sustained MINUTES=60

Writes bench/results/after.json after each part, so that one which fails costs no other; with PART only the figures of
these parts are replaced. A run that other work on the machine disturbs is taken again, then left out.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.rig.after import live, posts  # noqa: E402
from bench.rig.reading.parts import asked_for, keep, kept_book, measure_part, tell  # noqa: E402
from bench.rig.reading.rounds import Book, in_turn  # noqa: E402
from bench.rig.sites import site_on  # noqa: E402
from tests.servers import create_database, running_postgresql  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "after.json"
DATABASES = ("postgresql", "sqlite")
# Of both databases: what must be nothing is added up, of the others the worse counts.
TOGETHER: Mapping[str, Callable[[list[float]], float]] = {
    "lost": sum,
    "doubled": sum,
    "undone_heard": sum,
    "idle_p50_ms": max,
    "idle_p99_ms": max,
    "posts_off_over_on": max,
}


def main() -> None:
    asked = asked_for(PARTS)
    whole = kept_book(RESULTS, asked)
    for name, part in PARTS.items():
        if not asked or name in asked:
            print(f"{name} …", flush=True)
            own = measure_part(f"after.{name}", whole, part)
            whole.take(_of_both(whole))
            RESULTS.parent.mkdir(exist_ok=True)
            keep(whole, RESULTS)
            tell(own)
    tell(whole)


def in_the_market(part: str) -> Callable[[Book], None]:
    """In the toolkit's test site, on each database, each time in an empty one and a process of its own."""

    def measured(book: Book) -> None:
        for database in DATABASES:
            _note(book, database, lambda database=database: _of_market(part, database))  # type: ignore[misc]

    return measured


def on_a_site(book: Book) -> None:
    for database in DATABASES:
        made = tempfile.TemporaryDirectory(prefix="descant-bench-")
        with made as folder, site_on(database, Path(folder)) as site:
            _note(book, database, lambda site=site: posts.measure(site))  # type: ignore[misc]


def live_readers(book: Book) -> None:
    taken = in_turn({"live": live.measure}, 1)["live"]
    for name, value in (taken or [{}])[-1].items():
        book.note(name, value)
    if not taken:
        book.missing["after.live"] = "the machine was busy"


PARTS: Mapping[str, Callable[[Book], None]] = {
    **{name: in_the_market(name) for name in ("kills", "idle", "rates", "flood", "sustained")},
    "posts": on_a_site,
    "live": live_readers,
}


def _note(book: Book, database: str, act: Callable[[], Mapping[str, float]]) -> None:
    """One turn, taken once more if it was disturbed."""
    taken = in_turn({database: act}, 1)[database]
    if not taken:
        book.missing[f"after.{database}"] = "the machine was busy"
    for name, value in (taken[-1] if taken else {}).items():
        book.note(f"after.{database}.{name}", value)


def _of_both(whole: Book) -> Book:
    book = Book(dict(whole.figures))
    for name, together in TOGETHER.items():
        found = [whole.figures.get(f"after.{database}.{name}") for database in DATABASES]
        known = [value for value in found if value is not None]
        if len(known) == len(DATABASES):
            book.note(f"after.{name}", together(known))
    return book


def _of_market(part: str, database: str) -> dict[str, float]:
    with contextlib.ExitStack() as stack:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.headroom.settings",
            "DESCANT_DATA": stack.enter_context(tempfile.TemporaryDirectory(prefix="descant-bench-")),
            "DESCANT_TEST_DATABASE": database,
        }
        if database == "postgresql":
            server = stack.enter_context(running_postgresql())
            for alias in ("default", "people", "p1", "p2"):
                create_database(server, f"headroom_{alias}")
            environment["DESCANT_TEST_POSTGRESQL"] = server
        command = [sys.executable, "-m", "bench.rig.after.market", part]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


if __name__ == "__main__":
    main()
