"""Several hosts of one site, on the same PostgreSQL: what that costs, and when each shows what another has taken."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.posting import Poster, seconds_missed
from bench.rig.reading.rounds import Book
from bench.rig.reading.threads import identifier
from bench.rig.sites import Site

POSTS, WRITERS = 300, 6
BOUND_SECONDS = 1.0


def measure(book: Book, site: Site, folder: Path) -> None:
    """Post to threads that both hosts keep, read at once from the one, and again and again from the other."""
    key = site.public_key()
    one, other = (host_among_others(site, folder / f"host-{number}") for number in (1, 2))
    with one.serving(), other.serving(), ThreadPoolExecutor(WRITERS) as pool:
        posters = [Poster(one.port, key, f"writer{number}w") for number in range(WRITERS)]
        found = pool.map(lambda number: _posts(posters[number], other.port, number), range(WRITERS))
        missed = sorted(seconds for one in found for seconds in one)
    book.note("reads.posts_looked_for", len(missed))
    book.note("reads.stale_at_once", sum(poster.stale for poster in posters))
    book.note("reads.stale_over_1s", sum(seconds > BOUND_SECONDS for seconds in missed))
    book.note("reads.other_host_p50_ms", 1_000 * missed[len(missed) // 2])
    book.note("reads.other_host_most_ms", 1_000 * missed[-1])


def host_among_others(site: Site, data: Path) -> Site:
    """A host of a site that knows of others: the same databases and secrets, a data folder and a port of its own."""
    data.mkdir()
    shutil.copy(site.data / "secret.key", data)
    return Site(data, {**site.environment, "DESCANT_DATA": str(data), "DESCANT_ONE_MACHINE": "0"})


def _posts(poster: Poster, other: int, writer: int) -> list[float]:
    """Each writer has threads of its own, each of which is posted to a few times."""
    reader, missed = Asker(other), []
    for number in range(POSTS // WRITERS):
        name = identifier(writer * 100 + number % 20)
        missed.append(seconds_missed(reader, name, lambda name=name: poster.post_and_look(name)))  # type: ignore[misc]
    return missed
