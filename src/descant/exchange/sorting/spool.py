"""A temporary file that holds what was read, so that ten million comments can be sorted in little memory."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from descant.exchange.reading.taming import is_tangled, with_links_for_pictures, words_of
from descant.exchange.report import Report
from descant.exchange.stream import COMMENT, Aside, CategoryRead, CommentRead, Read, ThreadRead

CACHE_KIB = 32 * 1024
BATCH = 2_000
BATCH_LETTERS = 4_000_000  # of texts: two thousand of the longest would be half a gigabyte
TANGLED = "its HTML is too tangled to be shown: only its words are kept"

# A narrow table of comments is sorted and updated; their texts lie in another and are only fetched at the end.
TABLES = """
CREATE TABLE thread (
    seq INTEGER PRIMARY KEY, line INTEGER, source TEXT, source_id TEXT, forum TEXT, identifiers TEXT, urls TEXT,
    title TEXT, closed INTEGER, removed INTEGER, created INTEGER, category TEXT, main INTEGER, skip TEXT
);
CREATE TABLE category (
    seq INTEGER PRIMARY KEY, line INTEGER, name TEXT, title TEXT, forum TEXT, former TEXT, place INTEGER,
    is_general INTEGER
);
CREATE TABLE called (name TEXT, thread INTEGER);
CREATE TABLE comment (
    seq INTEGER PRIMARY KEY, line INTEGER, source TEXT, source_id TEXT, name TEXT, other_name TEXT,
    thread_name TEXT, thread_other TEXT, parent_name TEXT, parent_other TEXT, created INTEGER,
    own_thread INTEGER, thread INTEGER, parent INTEGER, top INTEGER, level INTEGER,
    merged INTEGER, missing INTEGER, skip TEXT
);
CREATE TABLE body (
    seq INTEGER PRIMARY KEY, author_name TEXT, author_email TEXT, author_url TEXT, text TEXT, format TEXT,
    state TEXT, marked_spam INTEGER, elsewhere TEXT, more TEXT
);
CREATE TABLE aside (seq INTEGER PRIMARY KEY, kind TEXT, fields TEXT);
"""


class Spool:
    """Takes the stream in, in the order of the file; `merging` and `placing` then sort it."""

    def __init__(self, report: Report, source: str) -> None:
        self.report = report
        self.source = source
        self.started_at = datetime.now(UTC)
        # A database without a name is SQLite's own temporary file: out of sight, and gone with us, however we end.
        self.rows = sqlite3.connect("", isolation_level=None)
        self.rows.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA cache_size=-{CACHE_KIB}; PRAGMA temp_store=FILE; {TABLES}"
        )
        self._threads: list[tuple[Any, ...]] = []
        self._called: list[tuple[str, int]] = []
        self._comments: list[tuple[Any, ...]] = []
        self._bodies: list[tuple[Any, ...]] = []
        self._asides: list[tuple[str, str]] = []
        self._taken = self._letters = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.rows.close()

    def take(self, read: Read) -> None:
        self._taken += 1
        if isinstance(read, CommentRead):
            self.report.comments.read += 1
            self._take_comment(read)
        elif isinstance(read, ThreadRead):
            self.report.threads.read += 1
            self._take_thread(read)
        elif isinstance(read, Aside):
            self._asides.append((read.kind, json.dumps(read.fields, default=str)))
        elif isinstance(read, CategoryRead):
            self._take_category(read)
        else:
            self.report.of(read.kind).read += 1
            self.report.skip(read.kind, read.reason, read.line)
        most = max(len(self._comments), len(self._threads), len(self._asides))
        if most >= BATCH or self._letters >= BATCH_LETTERS:
            self.flush()

    def _take_category(self, read: CategoryRead) -> None:
        self.rows.execute(
            "INSERT INTO category (line, name, title, forum, former, place, is_general) VALUES (?,?,?,?,?,?,?)",
            (read.line, read.name, read.title, read.forum, read.former, read.place, read.is_general),
        )

    def _take_thread(self, read: ThreadRead) -> None:
        created = None if read.created_at is None else as_number(read.created_at)
        self._threads.append(
            (self._taken, read.line, read.source, read.source_id, read.forum, json.dumps(read.identifiers),
             json.dumps(read.urls), read.title, read.closed, read.removed, created, read.category)
        )  # fmt: skip
        self._called += [(name, self._taken) for name in read.names]

    def _take_comment(self, read: CommentRead) -> None:
        created = None if read.created_at is None else as_number(read.created_at)
        self._comments.append(
            (self._taken, read.line, read.source, read.source_id, *_two(read.names),
             *_two(read.thread), *_two(read.parent), created)
        )  # fmt: skip
        self._letters += len(read.text)
        elsewhere = None if read.elsewhere is None else "\n".join(read.elsewhere)
        self._bodies.append(
            (self._taken, read.author_name, read.author_email, read.author_url, self._tamed(read), read.format,
             read.state, read.marked_spam, elsewhere, json.dumps(read.more, default=str) if read.more else None)
        )  # fmt: skip

    def _tamed(self, read: CommentRead) -> str:
        if read.format != "html":
            return read.text
        html = with_links_for_pictures(read.text)
        if not is_tangled(html):
            return html
        self.report.note(COMMENT, TANGLED, read.line)
        return words_of(html)

    def flush(self) -> None:
        self.rows.execute("BEGIN")
        self.rows.executemany(
            "INSERT INTO thread (seq, line, source, source_id, forum, identifiers, urls, title, closed, removed,"
            " created, category) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            self._threads,
        )
        self.rows.executemany("INSERT INTO called VALUES (?,?)", self._called)
        self.rows.executemany(
            "INSERT INTO comment (seq, line, source, source_id, name, other_name, thread_name, thread_other,"
            " parent_name, parent_other, created) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            self._comments,
        )
        self.rows.executemany("INSERT INTO body VALUES (?,?,?,?,?,?,?,?,?,?)", self._bodies)
        self.rows.executemany("INSERT INTO aside (kind, fields) VALUES (?,?)", self._asides)
        self.rows.execute("COMMIT")
        for batch in (self._threads, self._called, self._comments, self._bodies, self._asides):
            batch.clear()
        self._letters = 0

    def each(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Rows one by one, so that a result of any size can be walked."""
        return self.rows.execute(sql, values)

    def one(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.rows.execute(sql, values).fetchone()
        return None if found is None else found[0]


def _two(names: tuple[str, ...]) -> tuple[str | None, str | None]:
    return (names[0] if names else None, names[1] if len(names) > 1 else None)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def as_number(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def as_moment(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
