"""Pages that nobody has asked for before, so that no cache holds them; asked for one after the other."""

import html
import json
import random
import re
import socket
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import count, islice, product
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.rounds import Book, in_turn
from bench.rig.reading.threads import identifier, is_page_of, page_path
from bench.rig.sites import FORUM, Site

LARGE = {1_000: "seed-2-1", 100_000: "seed-1-1"}
ROUNDS, AT_A_TIME = 3, 80
CONNECTIONS, WARMING = 10, 30
ORDERS, LANGUAGES = ("best", "newest", "oldest"), ("en", "de", "fr", "ar")
NEXT = re.compile(r'rel="next"[^>]* href="([^"]+)"')
FAR, NEAR = range(980, 1_020), range(1, 41)  # pages, counted from 1


def measure(book: Book, site: Site, database: str) -> None:
    """Seed two large threads, and take the first pages of threads of all sizes, and the thousandth beside the first."""
    for seed, (size, _) in enumerate(reversed(LARGE.items()), start=1):
        words = ["--threads", "1", "--comments", str(size), "--seed", str(seed), "--quiet"]
        site.command("seed", "--forum", FORUM, *words)
    unread = count()
    with site.serving():
        warm_up(site.port, unread)
        measure_served(book, site.port, f"reads.{database}", unread)
    measure_making(book, site, f"reads.{database}", unread)


def measure_making(book: Book, site: Site, name: str, unread: Iterator[int]) -> None:
    """… of such a page what the server takes to make it, as it records that itself: from its thread's beginning with
    it to the packed page.
    """
    with (
        tempfile.TemporaryDirectory(prefix="descant-bench-") as folder,
        listening(Path(folder) / "told") as heard,
    ):
        told = replace(site, environment={**site.environment, "DESCANT_SYSLOG": heard.getsockname()})
        with told.serving():
            warm_up(site.port, unread)
            walls_told(heard)

            def made() -> float:
                first_pages(site.port, islice(unread, AT_A_TIME))
                return statistics.median(walls_told(heard))

            book.note_runs(f"{name}_uncached_25_made_ms", in_turn({"25": made}, ROUNDS)["25"])


def warm_up(port: int, unread: Iterator[int]) -> None:
    """So many pages over so many connections that each process has made some over each of its own to the database.

    PostgreSQL plans a prepared statement anew the first five times.
    """
    for _ in range(CONNECTIONS):
        first_pages(port, islice(unread, WARMING))


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A socket to which a site tells what each request has cost."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(path))
        heard.settimeout(1)
        yield heard


def walls_told(heard: socket.socket) -> list[float]:
    """Milliseconds of the pages that were told since this was asked last."""
    walls = []
    with suppress(TimeoutError):
        while True:
            line = json.loads(heard.recv(65_536).partition(b"@cee: ")[2])
            walls += [line["wall_ms"]] if line.get("route") == "embed/comments/" else []
    return walls


def measure_served(book: Book, port: int, name: str, unread: Iterator[int]) -> None:
    """… of a site that is served.

    Args:
        unread: threads that were not read yet.
    """
    acts = {"25": lambda: statistics.median(first_pages(port, islice(unread, AT_A_TIME)))}
    book.note_runs(f"{name}_uncached_25_ms", in_turn(acts, ROUNDS)["25"])
    for size, thread in LARGE.items():
        book.note(f"{name}_uncached_{size}_ms", statistics.median(first_pages_of(port, thread)))
    walking = {order: partial(walk, port, LARGE[100_000], order) for order in ORDERS[:2]}
    walks = [taken for runs in in_turn(walking, 1).values() for taken in runs]
    if len(walks) < len(walking):
        book.missing[f"{name}_page1000_over_page1"] = "the machine was busy"
        return
    near, far = f"{name}_near_page_1_ms", f"{name}_near_page_1000_ms"
    for number, each in enumerate((near, far)):
        book.note(each, statistics.median(taken for pages in walks for taken in pages[number]))
    book.note_ratio(f"{name}_page1000_over_page1", far, near)


def first_pages(port: int, threads: Iterable[int]) -> list[float]:
    """Milliseconds of the first page of each of these threads, which have not been read yet.

    Raises:
        RuntimeError: a page is not of its thread.
    """
    asker, taken = Asker(port), []
    for thread in threads:
        page, milliseconds = timed(asker, page_path(identifier(thread)))
        if not is_page_of(thread, page):
            raise RuntimeError(f"not the page of thread {thread}")
        taken.append(milliseconds)
    return taken


def first_pages_of(port: int, name: str) -> list[float]:
    """… of the first page of one thread in every order and language, each of which is a page of its own."""
    asker = Asker(port)
    variants = list(product(ORDERS, LANGUAGES))
    random.Random(name).shuffle(variants)
    return [timed(asker, page_path(name, order=order, lang=language))[1] for order, language in variants]


def walk(port: int, name: str, order: str) -> tuple[list[float], list[float]]:
    """… of the pages near the beginning and of those near the thousandth, walking from each to the next by its link.

    Raises:
        RuntimeError: the thread ends before.
    """
    asker, near, far = Asker(port), [], []
    path = page_path(name, order=order)
    for number in range(1, FAR.stop):
        page, milliseconds = timed(asker, path)
        near += [milliseconds] if number in NEAR else []
        far += [milliseconds] if number in FAR else []
        found = NEXT.search(page.decode())
        if not found:
            raise RuntimeError(f"{name} ends at page {number}")
        path = html.unescape(found[1])
    return near, far


def timed(asker: Asker, path: str) -> tuple[bytes, float]:
    began = time.perf_counter()
    page = asker.get(path)
    return page, 1_000 * (time.perf_counter() - began)
