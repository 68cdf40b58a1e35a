"""One request or job, as far as copies are concerned: who reads, from where, and what she has written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse

from django_headroom.replicas import positions
from django_headroom.replicas.positions import Position

Actor = str | Callable[[], str]


class NotCommitted(Exception):
    """A place in the log that was asked for too early."""


_current: ContextVar["Session | None"] = ContextVar("session", default=None)


@dataclass
class Session:
    """What one request or job has chosen so far."""

    named: Actor = ""
    fresh: bool = False
    copies: dict[str, str] = field(default_factory=dict)
    satisfied: set[str] = field(default_factory=set)
    away: dict[str, str] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    past: dict[str, Position] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """Who reads; asked when it first matters."""
        if not isinstance(self.named, str):
            self.named = self.named()
        return self.named


@contextmanager
def session(actor: Actor = "", *, fresh: bool = False, past: str = "") -> Iterator[None]:
    """Read one copy of each database for the length of a block; at its end note how far the actor has written.

    Args:
        actor: a lasting name for whoever reads and writes, such as ``u7``; the same on each of her devices. Empty for
            somebody unknown. Or a function that tells, called if it comes to matter.
        fresh: read primaries alone, as a worker does who was woken by a write.
        past: what ``written_so_far`` gave in another session: here copies are read that are as far.

    >>> with session(f"u{user.pk}"):
    ...     read("p1", lambda alias: list(Item.objects.of(shop).using(alias)))
    """
    opened, around = Session(actor, fresh, past=_read_past(past)), _current.get()
    token = _current.set(opened)
    try:
        yield
    finally:
        _current.reset(token)
        if around is not None:
            around.written |= opened.written
        _keep_positions(opened)


def known_as(actor: str) -> None:
    """Say who reads and writes in this session, where it becomes known on the way; without a session nothing happens.

    >>> known_as("u7")
    """
    opened = _current.get()
    if opened is not None and actor and opened.named != actor:
        opened.named = actor
        opened.satisfied.clear()


def written_so_far() -> str:
    """How far primaries are that were written to in this session, as a word to send along with a job.

    The job reads in a ``session(past=…)``. To be asked for after the commit, as in ``transaction.on_commit``.

    Raises:
        NotCommitted: a transaction is open on one of them.

    >>> transaction.on_commit(lambda: queue.put(("bake", item.pk, written_so_far())), using="p1")
    """
    opened = _current.get()
    told = []
    for primary in sorted(opened.written if opened is not None else ()):
        if is_in_transaction(primary):
            raise NotCommitted(
                f"A transaction on {primary!r} is open, and how far its commit will be nobody knows yet: ask after "
                f"it, as in transaction.on_commit(…, using={primary!r})."
            )
        position = positions.of_now(primary)
        told.append(f"{primary} {position.timeline} {position.place}")
    return ", ".join(told)


def _read_past(told: str) -> dict[str, Position]:
    words = [each.split() for each in told.split(", ") if each]
    return {primary: Position(int(timeline), int(place)) for primary, timeline, place in words}


def current() -> Session | None:
    """The session around the caller."""
    return _current.get()


def keep_to(primary: str, *, note: bool) -> None:
    """Read the primary for the rest of the session: nobody goes back from there, nor later if it is noted."""
    opened = _current.get()
    if opened is not None:
        opened.copies[primary] = primary
        if note:
            opened.away[primary] = primary


def is_in_transaction(alias: str) -> bool:
    """Whether a transaction is open there; the one that Django's TestCase puts around a test is none."""
    return any(not getattr(block, "_from_testcase", False) for block in connections[alias].atomic_blocks)


def _keep_positions(opened: Session) -> None:
    seen = {**opened.away, **{primary: primary for primary in opened.written}}
    if not seen or not opened.actor:
        return
    for primary, copy in seen.items():
        keep = partial(positions.keep, primary, opened.actor, seen=copy)
        if is_in_transaction(primary):  # somebody has opened the session inside one: what counts is its end
            transaction.on_commit(keep, using=primary)
        else:
            keep()


class OneCopy:
    """Middleware: one copy of each database for a request, and a signed-in user reads her own writes.

    It stands above whatever reads; what a streaming answer reads after the view has returned is not its own. Where
    people are known otherwise than by ``request.user``, override ``actor_of``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with session(partial(self.actor_of, request)):
            return self.get_response(request)

    def actor_of(self, request: HttpRequest) -> str:
        """Who asks; called only when it matters: where there are replicas, and something is read or written."""
        user = getattr(request, "user", None)
        return f"u{user.pk}" if user is not None and user.is_authenticated else ""
