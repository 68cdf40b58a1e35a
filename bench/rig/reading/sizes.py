"""What a site and its peers weigh: bytes on the wire, memory, and the time until they answer."""

import gzip
import re
import time
from pathlib import Path

from bench.rig.reading.asking import Asker
from bench.rig.reading.comparing import OURS, Field
from bench.rig.reading.processes import memory_mb
from bench.rig.reading.rounds import Book
from bench.rig.sites import Site

CODINGS = ("gzip", "br")


def weigh_ours(book: Book, port: int, page: str) -> None:
    """Bytes of all that a first visit fetches, in each coding that it is sent in; of the page by itself as well."""
    asker = Asker(port)
    text = asker.get(page).decode()
    paths = ["/embed.js", *sorted(set(re.findall(r'"(/static/[^"]+\.js)"', text)))]
    for coding in CODINGS:
        weights = []
        for path in (page, *paths):
            asker.get(path, coding)
            if asker.coding != coding:
                book.missing[f"reads.{OURS}_{coding}_bytes"] = f"{path} is not sent in {coding}"
                break
            weights.append(asker.weight)
        else:
            book.note(f"reads.{OURS}_page_25_{coding}_bytes", weights[0])
            book.note(f"reads.{OURS}_{coding}_bytes", sum(weights))


def weigh_peers(book: Book, found: Field) -> None:
    """The same of each peer, as sent, for none of them compresses; and as gzip would make it."""
    for peer in found.peers:
        asker = Asker(found.running[peer.name].port)
        page = asker.get(found.paths[peer.name, 25])
        sent = [page, *(Path(file).read_bytes() for file in peer.widget_files())]
        book.note(f"reads.{peer.name}_page_25_bytes", asker.weight)
        book.note(f"reads.{peer.name}_gzip_bytes", sum(len(gzip.compress(each, 6)) for each in sent))
        book.note(f"reads.{peer.name}_bytes", sum(map(len, sent)))


def weigh_memory(book: Book, found: Field) -> None:
    """Megabytes of each with all its processes, after the runs; shared pages counted once."""
    for name in found.names:
        megabytes, processes = memory_mb(found.running[name].pid)
        book.note(f"reads.{name}_memory_mb", megabytes)
        book.note(f"reads.{name}_processes", processes)


def time_start(book: Book, site: Site) -> None:
    """Seconds from the command to the first answer, on databases that are up to date."""
    runs = []
    for _ in range(3):
        began = time.perf_counter()
        with site.serving():
            runs.append(time.perf_counter() - began)
    book.note_runs(f"reads.{OURS}_start_s", runs)
