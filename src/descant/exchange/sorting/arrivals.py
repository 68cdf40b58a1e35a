"""Reads a file through the spool and hands out threads and comments as they can be written: parents first."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from descant.exchange.sorting.merging import merge_threads
from descant.exchange.sorting.placing import place_comments
from descant.exchange.sorting.spool import Spool, as_moment
from descant.exchange.stream import Choices, Read


@dataclass(frozen=True, slots=True)
class ThreadArrival:
    """A thread with all that was merged into it; `number` is its name within this import."""

    number: int
    source: str
    source_ids: tuple[str, ...]
    identifiers: tuple[str, ...]
    urls: tuple[str, ...]
    title: str
    closed: bool
    created_at: datetime
    line: int
    category: str = ""


@dataclass(frozen=True, slots=True)
class CommentArrival:
    """A comment whose thread and parent are known by number; `missing` is a mark for one the file lacks."""

    number: int
    thread: int
    parent: int | None
    missing: bool
    line: int
    source: str
    source_id: str
    author_name: str
    author_email: str
    author_url: str
    text: str
    format: str
    state: str
    marked_spam: bool
    elsewhere: tuple[str, str] | None
    created_at: datetime
    more: Mapping[str, Any]


def sort(spool: Spool, stream: Iterable[Read], choices: Choices) -> None:
    """Takes the whole stream into the spool and sorts it; a file that is refused has written nothing anywhere."""
    for read in stream:
        spool.take(read)
    spool.flush()
    merge_threads(spool, choices)
    place_comments(spool)


def threads(spool: Spool) -> Iterator[ThreadArrival]:
    """The threads in the order of the file."""
    for seq, line, created in spool.each(
        "SELECT seq, line, created FROM thread WHERE main = seq ORDER BY seq"
    ):
        parts = list(
            spool.each(
                "SELECT source_id, identifiers, urls, title, closed, source, category FROM thread WHERE main = ?"
                " ORDER BY removed, seq",
                seq,
            )
        )
        yield ThreadArrival(
            number=seq,
            source=parts[0][5],
            source_ids=tuple(dict.fromkeys(part[0] for part in parts)),
            identifiers=tuple(dict.fromkeys(name for part in parts for name in json.loads(part[1]))),
            urls=tuple(dict.fromkeys(url for part in parts for url in json.loads(part[2]))),
            title=next((part[3] for part in parts if part[3]), ""),
            closed=all(part[4] for part in parts),
            created_at=as_moment(created),
            line=line,
            category=next((part[6] for part in parts if part[6]), ""),
        )


def asides(spool: Spool, kind: str) -> Iterator[dict[str, Any]]:
    """The rows of another kind, in the order of the file."""
    for (fields,) in spool.each("SELECT fields FROM aside WHERE kind = ? ORDER BY seq", kind):
        yield json.loads(fields)


def comments(spool: Spool) -> Iterator[CommentArrival]:
    """The comments thread by thread, branch by branch; parents before replies, then by time, then by the file."""
    for row in spool.each(
        """SELECT c.seq, c.thread, c.parent, c.missing NOT NULL, c.line, c.source, c.source_id,
            b.author_name, b.author_email, b.author_url, b.text, b.format,
            CASE WHEN t.removed AND b.state IN ('shown', 'waiting') THEN 'hidden' ELSE b.state END,
            b.marked_spam, b.elsewhere, b.more, c.created
        FROM comment c JOIN body b ON b.seq = c.seq JOIN thread t ON t.seq = c.own_thread
        WHERE c.top NOT NULL ORDER BY c.thread, c.top, c.level, c.created, c.seq"""
    ):
        number, thread, parent, missing, line, *texts, marked_spam, elsewhere, more, created = row
        source, _, source_id = (elsewhere or "").partition("\n")
        known_as = (source, source_id) if source else None
        ends: tuple[Any, ...] = (bool(marked_spam), known_as, as_moment(created), json.loads(more or "{}"))
        yield CommentArrival(number, thread, parent, bool(missing), line, *texts, *ends)
