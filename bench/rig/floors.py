"""What the database itself can do: the floor that posting stands on, measured beside it."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.rig.sites import Site

COLUMNS = "thread bigint, author text, body text, at double precision"
ROW = (1, "Reader", "The crust sings when it cools; listen before you cut. " * 4, 1.0)


def inserts_per_second(site: Site, database: str, *, clients: int, seconds: float) -> float:
    """Bare inserts of one row and one commit each, by as many clients as the posting has."""
    if database == "postgresql":
        return _postgresql(site.environment["DESCANT_PARTITION_1"], clients, seconds)
    return _sqlite(site.data / "floor.sqlite3", seconds)


def comments_kept(site: Site) -> Iterator[int]:
    """The ids of all comments in the first partition."""
    url = site.environment.get("DESCANT_PARTITION_1")
    sql = "SELECT id FROM discussion_comment"
    if url:
        with psycopg.connect(url) as server:
            yield from (row[0] for row in server.execute(sql).fetchall())
    else:
        file = sqlite3.connect(site.data / "partition-1.sqlite3")
        yield from (row[0] for row in file.execute(sql).fetchall())


def _postgresql(url: str, clients: int, seconds: float) -> float:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            f"CREATE TABLE IF NOT EXISTS floor (id bigint GENERATED ALWAYS AS IDENTITY, {COLUMNS})"
        )
        server.execute("CREATE INDEX IF NOT EXISTS floor_thread ON floor (thread, at, id)")
    counts = [0] * clients
    until = time.perf_counter() + seconds

    def insert(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as server:
            while time.perf_counter() < until:
                server.execute("INSERT INTO floor (thread, author, body, at) VALUES (%s, %s, %s, %s)", ROW)
                counts[number] += 1

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("DROP TABLE floor")
    return sum(counts) / seconds


def _sqlite(file: Path, seconds: float) -> float:
    """One writer: SQLite has no more at a time."""
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    database.execute(f"CREATE TABLE floor (id integer PRIMARY KEY, {COLUMNS})")
    database.execute("CREATE INDEX floor_thread ON floor (thread, at, id)")
    done, until = 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        database.execute("INSERT INTO floor (thread, author, body, at) VALUES (?, ?, ?, ?)", ROW)
        done += 1
    database.close()
    return done / seconds
