"""Where an import goes: the forum, what was sorted, the report, and which row each number has become."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from django.db import IntegrityError

from descant.exchange.arriving.copying import leave_unmapped
from descant.exchange.report import Report
from descant.exchange.sorting.spool import Spool
from descant.forums.models import Forum

T = TypeVar("T")
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment that stands in the forum: enough to put a reply below it."""

    id: int
    thread_id: int
    path: bytes


@dataclass(frozen=True, slots=True)
class Berth:
    """One import into one forum."""

    forum: Forum
    source: str
    spool: Spool
    report: Report
    dry_run: bool
    reach: Callable[[int], None]

    def prepare(self) -> None:
        """Makes room for the numbers; the one transaction stays open, for nothing of the spool outlives the import."""
        leave_unmapped(self.forum.partition)
        self.spool.rows.executescript(
            "CREATE TABLE thread_here (number INTEGER PRIMARY KEY, id INTEGER);"
            "CREATE TABLE comment_here (number INTEGER PRIMARY KEY, id INTEGER, thread INTEGER, path BLOB);"
            "CREATE INDEX aside_kind ON aside (kind, seq);"
            "CREATE INDEX aside_id ON aside (kind, CAST(fields ->> 'id' AS INTEGER));"
            "CREATE TABLE account_here (number INTEGER PRIMARY KEY, id INTEGER);"
            "CREATE TABLE rule_here (number INTEGER PRIMARY KEY, id INTEGER); BEGIN"
        )

    def keep_threads(self, ids: dict[int, int]) -> None:
        self.spool.rows.executemany("INSERT OR REPLACE INTO thread_here VALUES (?, ?)", ids.items())

    def thread_ids(self, numbers: Iterable[int]) -> dict[int, int]:
        wanted = ",".join(map(str, set(numbers)))
        return dict(self.spool.each(f"SELECT number, id FROM thread_here WHERE number IN ({wanted})"))

    def keep_comments(self, placed: dict[int, Placed]) -> None:
        rows = [(number, row.id, row.thread_id, row.path) for number, row in placed.items()]
        self.spool.rows.executemany("INSERT OR REPLACE INTO comment_here VALUES (?, ?, ?, ?)", rows)

    def placed(self, numbers: Iterable[int]) -> dict[int, Placed]:
        wanted = ",".join(map(str, set(numbers)))
        rows = self.spool.each(
            f"SELECT number, id, thread, path FROM comment_here WHERE number IN ({wanted})"
        )
        return {number: Placed(*row) for number, *row in rows}


def chunks(
    rows: Iterable[T], size: int, *, weight: Callable[[T], int] = lambda _: 0, most: int = 1
) -> Iterator[list[T]]:
    """Rows in lists of so many, or fewer where they weigh as much as is allowed: long texts are not kept in memory."""
    chunk: list[T] = []
    load = 0
    for row in rows:
        chunk.append(row)
        load += weight(row)
        if len(chunk) >= size or load >= most:
            yield chunk
            chunk, load = [], 0
    if chunk:
        yield chunk


def until_alone(write: Callable[[], T]) -> T:
    """Writes again when somebody else, perhaps a second import, wrote the same rows in between."""
    for _ in range(ATTEMPTS - 1):
        try:
            return write()
        except IntegrityError:
            continue
    return write()
