"""What is noted of one request or job, in the context that runs it: threads and tasks do not see each other's."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

FOLD_AT = 1_000  # notes; a job may send any number of statements
NO_ROUTE = "(none)"

_here: ContextVar["Record | None"] = ContextVar("what is recorded in this context", default=None)
running: set["Record"] = set()  # in this process; one may leave at any moment
at_the_start: list[Callable[["Record"], None]] = []
at_the_end: list[Callable[["Record"], None]] = []
when_called: list[Callable[["Record", str, float, bool], None]] = []
"""Told of each call to another host: which, how long it took, whether it has failed."""
here = _here.get


class Record:
    """One request or job: notes while it runs, sums when it has ended.

    Args:
        kind: "request" or "job".
        name: the route of a request is known only later, and is asked of the request itself.
        waited: seconds till it was its turn; None where nobody knows.
    """

    __slots__ = (
        "_fold",
        "asking",
        "began",
        "began_at",
        "bytes",
        "cache",
        "cache_hits",
        "cache_misses",
        "calls",
        "cpu",
        "cpu_began",
        "databases",
        "failed",
        "in_cache",
        "in_template",
        "kind",
        "name",
        "notes",
        "request",
        "spent",
        "stale",
        "status",
        "task",
        "templates",
        "thread",
        "trace_id",
        "traced",
        "waited",
        "wall",
    )

    def __init__(self, kind: str, name: str = "", request: Any = None, waited: float | None = None) -> None:
        self.kind, self.name, self.request, self.waited = kind, name, request, waited
        self.notes: list[
            tuple[str, float, int]
        ] = []  # (alias, seconds, what is asked): appended by any thread
        self.databases: dict[str, Database] = {}
        self.cache = [0, 0.0, 0]  # calls, seconds, failed ones
        self.cache_hits = self.cache_misses = self.stale = 0
        self.calls: dict[str, list[float]] = {}  # by host: calls, seconds, failed ones
        self.templates = [0, 0.0]
        self.spent = 0.0  # in databases, caches and calls: what a template has waited for is not its own
        self.asking: tuple[str, Any] | None = None  # (alias, statement) that is under way
        self.in_cache = self.in_template = False
        self.status, self.failed = 0, False  # of what has no status: whether it has raised something
        self.trace_id = ""
        self.traced: Any = None  # of whoever traces
        self.bytes: int | None = None
        self.thread, self.task = threading.get_ident(), _task()
        self._fold = threading.Lock()
        self.began_at, self.cpu_began, self.began = time.time(), time.thread_time(), time.perf_counter()
        self.wall = self.cpu = 0.0

    @property
    def route(self) -> str:
        """The pattern of the route, which holds no value of the address; or the job's name."""
        match = getattr(self.request, "resolver_match", None)
        return match.route or "/" if match is not None else self.name or NO_ROUTE

    @property
    def method(self) -> str:
        """Of a request; one that a server has made up itself has none of its own, and reads."""
        return str(self.request.method) if self.request is not None else "GET"

    def note(self, alias: str, seconds: float, asked: int) -> None:
        """A statement was sent."""
        self.spent += seconds
        self.notes.append((alias, seconds, asked))
        if len(self.notes) >= FOLD_AT:
            self.fold()

    def fold(self) -> None:
        """Bring the notes into the sums; what others append meanwhile stays for the next time."""
        with self._fold:
            taken = self.notes[:]
            del self.notes[: len(taken)]
            for alias, seconds, asked in taken:
                sums = self.databases.get(alias)
                if sums is None:
                    sums = self.databases[alias] = Database()
                sums.count += 1
                sums.seconds += seconds
                sums.asked.add(asked)
                if seconds > sums.slowest:
                    sums.slowest = seconds

    def end(self) -> None:
        """Stop the clocks, and tell those who listen."""
        self.wall = time.perf_counter() - self.began
        if self.task is None:
            self.cpu = time.thread_time() - self.cpu_began
        running.discard(self)
        self.fold()
        for hear in at_the_end:
            hear(self)


class Database:
    """What was sent to one database."""

    __slots__ = ("asked", "count", "seconds", "slowest")

    def __init__(self) -> None:
        self.count, self.seconds, self.slowest = 0, 0.0, 0.0
        self.asked: set[int] = set()  # different statements, whatever their values

    @property
    def duplicates(self) -> int:
        """Statements that were sent before in the same request, with whatever values: the mark of an N + 1."""
        return self.count - len(self.asked)


@contextmanager
def recording(record: Record) -> Iterator[Record]:
    """Note what this context does from here to the end of the block."""
    for begin in at_the_start:
        begin(record)
    token = _here.set(record)
    running.add(record)
    try:
        yield record
    except BaseException:
        record.failed = True
        raise
    finally:
        _here.reset(token)
        record.end()


@contextmanager
def recorded(kind: str, name: str) -> Iterator[Record]:
    """Record a block that is no request: a job, a command.

    Args:
        kind: such as "job".
        name: what it is called on pages and in lines; as there are few of them, without values.

    >>> with recorded("job", "send digests"):
    ...     ...
    """
    with recording(Record(kind, name)) as record:
        yield record


@contextmanager
def outgoing(host: str) -> Iterator[None]:
    """Note a call to another host that goes by other ways than Python's ``http.client``, which is heard by itself.

    >>> with outgoing("search.example"):
    ...     ...
    """
    began, failed = time.perf_counter(), True
    try:
        yield
        failed = False
    finally:
        note_call(host, time.perf_counter() - began, failed)


@contextmanager
def drawing() -> Iterator[None]:
    """Note a page that is drawn by other ways than Django's templates: what it takes besides databases and the like.

    >>> with drawing():
    ...     ...
    """
    record = _here.get()
    if record is None or record.in_template:
        yield
        return
    spent, record.in_template, began = record.spent, True, time.perf_counter()
    try:
        yield
    finally:
        record.in_template = False
        record.templates[0] += 1
        record.templates[1] += time.perf_counter() - began - (record.spent - spent)


def note_call(host: str, seconds: float, failed: bool) -> None:
    """A call to a host has ended."""
    if (record := _here.get()) is None:
        return
    sums = record.calls.setdefault(host, [0, 0.0, 0])
    sums[0] += 1
    sums[1] += seconds
    sums[2] += failed
    record.spent += seconds
    for hear in when_called:
        hear(record, host, seconds, failed)


def note_stale() -> None:
    """What this request answers is known to be older than it should be.

    >>> if page.is_stale:
    ...     note_stale()
    """
    if (record := _here.get()) is not None:
        record.stale += 1


class Count:
    """How often a server has done something by itself, without Django: raised by one thread, read by others."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


class Counted(NamedTuple):
    """What a count is of; ``column`` is the one of ``Cost`` that it belongs to."""

    kind: str
    name: str
    column: str


counts: dict[Counted, Count] = {}


def counted(kind: str, name: str, column: str = "n") -> Count:
    """A count of what is too quick to be recorded one by one; it is kept with the sums of its minute.

    Args:
        column: "n", or "stale" for those of them that were answered with something old.

    >>> answered = counted("front", "embed/comments/")
    >>> answered.number += 1
    """
    return counts.setdefault(Counted(kind, name, column), Count())


def counted_since(seen: dict[Counted, int]) -> dict[Counted, int]:
    """What has come to each count since this was last called with the same ``seen``, which is brought up to now."""
    numbers = {key: count.number for key, count in list(counts.items())}
    more = {key: number - seen.get(key, 0) for key, number in numbers.items() if number > seen.get(key, 0)}
    seen.update(numbers)
    return more


def _task() -> Any:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
