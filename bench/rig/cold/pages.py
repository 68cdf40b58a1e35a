"""Run within a site's environment: pages of random threads with every file out of the cache, as one line of JSON.

    python bench/rig/cold/pages.py ROUND THREADS LEAST FOLDER

reads as many threads of at least so many comments, each once; the folder is that of the cluster.
"""

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from descant.forums import directory  # noqa: E402
from descant.site.front.asking import page_asked  # noqa: E402
from descant.site.front.making import make_page  # noqa: E402
from descant.site.front.pages import Page  # noqa: E402

WARM = 15  # pages of other threads, so that connections, plans and templates are there
DROP = Path("/proc/sys/vm/drop_caches")
ALIASES = ("default", "p1")
LARGE = {"accounts_user", "forums_domain", "forums_forum"}
LARGE |= {"discussion_comment", "discussion_thread", "discussion_threadaddress"}
WALKS = re.compile(r"Seq Scan on (\w+)")


def main(round_: int, threads: int, least: int, folder: Path) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)
    chosen = [*addresses(round_, threads + WARM, least)]
    for forum, url in chosen[:WARM]:
        read(forum, url)
    directory.forget()
    before = (blocks_read(), bytes_read())
    put_out_of_cache(folder)
    taken = [read(forum, url) for forum, url in chosen[WARM:]]
    reads, read_bytes = blocks_read() - before[0], bytes_read() - before[1]
    warm = [read(forum, url)["ms"] for forum, url in chosen[-threads:]]
    plans = explained(*chosen[-1])
    walks = sum(table in LARGE for plan in plans for table in WALKS.findall(plan))
    told = {
        "pages": taken,
        "warm_ms": warm,
        "reads": reads,
        "bytes": read_bytes,
        "plans": plans,
        "walks": walks,
    }
    print(json.dumps(told))


def addresses(round_: int, count: int, least: int) -> Iterator[tuple[str, str]]:
    """Random threads: the forum's name, and the URL of the page."""
    with connections["p1"].cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [round_ / 100])
        cursor.execute(
            "SELECT url FROM discussion_thread WHERE comments_shown >= %s ORDER BY random(), id LIMIT %s",
            [least, count],
        )
        for (url,) in cursor.fetchall():
            yield url.split("//")[1].split(".")[0], url


def read(forum: str, url: str) -> dict[str, float]:
    """A page as the server's front makes it: read, drawn and packed."""
    with timed() as queries:
        began = time.perf_counter()
        made = make_page(asked(forum, url), ["gzip"])
        ms = 1_000 * (time.perf_counter() - began)
    assert isinstance(made, Page), made
    return {"ms": ms, "queries": len(queries), "queries_ms": sum(ms for ms, *_ in queries)}


def asked(forum: str, url: str) -> str:
    found = page_asked(urlencode({"f": forum, "t_u": url}))
    assert found is not None
    return found


@contextmanager
def timed() -> Iterator[list[tuple[float, str, str, Any]]]:
    """The queries of a block: milliseconds, alias, SQL and arguments."""
    found: list[tuple[float, str, str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        answer = execute(sql, params, many, context)
        found.append((1_000 * (time.perf_counter() - began), context["connection"].alias, sql, params))
        return answer

    with ExitStack() as stack:
        for alias in ALIASES:
            stack.enter_context(connections[alias].execute_wrapper(note))
        yield found


def put_out_of_cache(folder: Path) -> None:
    """All files of the machine where we may, else those of the cluster; the server was started a moment ago."""
    os.sync()
    if os.access(DROP, os.W_OK):
        DROP.write_text("3\n")
        return
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def blocks_read() -> Counter[str]:
    """What was read into PostgreSQL's buffers, by table, and apart for its rows and its indexes."""
    time.sleep(1.5)  # a connection tells its counts once a second, with its next statement
    found: Counter[str] = Counter()
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.execute(
                "SELECT relname, heap_blks_read, idx_blks_read + coalesce(tidx_blks_read, 0)"
                " FROM pg_statio_user_tables WHERE heap_blks_read > 0 AND idx_blks_read > 0"
            )
            for table, heap, index in cursor.fetchall():
                found.update({f"{table} rows": heap, f"{table} indexes": index})
    return found


def bytes_read() -> int:
    """What the server's processes of these connections have had read from the disk; nothing where we may not look."""
    if os.geteuid() != 0:
        return 0
    total = 0
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            told = Path(f"/proc/{cursor.fetchone()[0]}/io").read_text()
        total += int(re.search(r"^read_bytes: (\d+)", told, re.MULTILINE)[1])  # type: ignore[index]
    return total


def explained(forum: str, url: str) -> list[str]:
    """The plan of each query of a page."""
    directory.forget()
    with timed() as queries:
        make_page(asked(forum, url), ["gzip"])
    told = []
    for _, alias, sql, params in queries:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            told.append(f"{alias}: {sql}\n" + "\n".join(f"    {row[0]}" for row in cursor.fetchall()))
    return told


if __name__ == "__main__":
    assert settings.DATABASES["p1"]["ENGINE"].endswith("postgresql"), "cold disks are measured on PostgreSQL"
    main(*map(int, sys.argv[1:4]), Path(sys.argv[4]))
