"""How long a statement or a commit may take: a bound for a block, or for each request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse

from django_headroom.conf import headroom
from django_headroom.connections.patience import cutting, silence

Answer = TypeVar("Answer")

_seconds: ContextVar[float] = ContextVar("seconds", default=0.0)


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """In this block each statement, and each commit, has so many seconds; then its connection is cut, and it fails.

    It fails as it would if the server had gone: with Django's ``OperationalError`` or ``InterfaceError``. What a commit
    that was cut has done nobody knows.

    Args:
        seconds: 0 for no bound.

    >>> with answered_within(1.5):
    ...     Item.objects.of(shop).count()
    """
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


class AnsweredInTime:
    """Middleware: in a request each statement has ``HEADROOM["ANSWER_SECONDS"]``; it stands above whatever reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with answered_within(headroom().answer_seconds):
            return self.get_response(request)


def watch_statement(execute: Any, *call: Any) -> Any:
    """An execute wrapper: the statement is bounded if the block is."""
    if not _seconds.get():
        return execute(*call)
    return in_time(call[-1]["connection"], execute, *call, is_asked=True)


def in_time(connection: Any, act: Callable[..., Answer], *given: Any, is_asked: bool = False) -> Answer:
    """What ``act(*given)`` returns, if the server of a connection answers in the time that the block around has.

    Args:
        is_asked: whether the server says something in any case; a commit of nothing, say, is not sent.

    Raises:
        OutOfReach: it did not a moment ago.
    """
    seconds, alias = _seconds.get(), connection.alias
    if not seconds or connection.connection.closed:
        return act(*given)
    silence.ask(alias)
    statement = cutting.begin(connection.connection.fileno(), seconds)
    try:
        return act(*given)
    finally:
        if not cutting.end(statement):
            silence.note(alias, answered=False)
        elif is_asked and not connection.connection.closed:
            silence.note(alias, answered=True)


def is_bounded() -> bool:
    """Whether somebody will be told in time."""
    return _seconds.get() > 0
