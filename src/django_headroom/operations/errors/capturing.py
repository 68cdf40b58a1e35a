"""Where errors are met: in requests, jobs and threads, in what is logged as one, and where ``capture()`` is called.

An error is counted at once. The few that are kept whole are written out at once as far as they would change, and go
through sentry-sdk when the clock rings, when nobody waits.
"""

import hashlib
import hmac
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception, request_started
from django.http import HttpRequest
from django.utils.module_loading import import_string

from django_headroom.conf import headroom
from django_headroom.operations.errors import counting, crumbs, sdk
from django_headroom.operations.errors.events import event_of, message_of, surroundings
from django_headroom.operations.errors.kinds import kind_of
from django_headroom.operations.errors.scrubbing import scrubbed_text
from django_headroom.operations.errors.storing import take_in
from django_headroom.operations.errors.travelling.batches import Batch, Sum
from django_headroom.operations.errors.travelling.sending import deliver

COUNTED = "_headroom_counted"
QUIET = ("django_headroom.operations.errors", "sentry_sdk")
"""Loggers whose own errors are not counted, or telling of one would make the next."""

logger = logging.getLogger(__name__)
_before: dict[str, Callable[..., Any]] = {}


def start() -> None:
    """Meet errors from now on; ``django.setup()`` does so where the application is installed."""
    sdk.begin()
    counting.set_sender(_bring)
    crumbs.start()
    request_started.connect(crumbs.begin_anew, dispatch_uid="errors")
    got_request_exception.connect(_in_request, dispatch_uid="errors")
    if not any(isinstance(each, _Logged) for each in logging.getLogger().handlers):
        logging.getLogger().addHandler(_Logged())
    if not _before:
        _before.update(thread=threading.excepthook, program=sys.excepthook)
        threading.excepthook, sys.excepthook = _in_thread, _in_program


def capture(
    error: BaseException, *, request: HttpRequest | None = None, job: Mapping[str, Any] | None = None
) -> None:
    """Count an error, and keep it if it is one of those that are kept whole; never raises, never waits.

    Args:
        error: one that was raised; it is counted once, however often it is captured on its way up.
        request: in which it was raised.
        job: of what it was raised in otherwise, by name: plain text and numbers.

    >>> try:
    ...     int("seven")
    ... except ValueError as error:
    ...     capture(error, job={"name": "count loaves"})
    """
    try:
        if COUNTED not in error.__dict__:
            error.__dict__[COUNTED] = True
            _count(error, request, job)
    except Exception:
        logger.warning("An error could not be counted.", exc_info=True)


@contextmanager
def met(name: str) -> Iterator[None]:
    """A block whose error is captured, and raised on; what was asked of databases before it belongs to another.

    >>> with met("count loaves"):
    ...     int("7")
    """
    crumbs.begin_anew()
    try:
        yield
    except Exception as error:
        capture(error, job={"name": name})
        raise


def flush() -> int:
    """Bring what this process has counted to the store now.

    Returns:
        How many errors the store has taken in.

    Raises:
        DatabaseError, InterfaceError, OSError: the store does not take it; it waits on.
    """
    return counting.flush(_bring)


def key_of(whom: Any) -> str:
    """What is kept of a person or tenant: a number by which nobody is known without the site's secret."""
    secret = settings.SECRET_KEY.encode()
    return hmac.new(secret, f"errors {whom}".encode(), hashlib.sha256).hexdigest()[:16] if whom else ""


def _count(error: BaseException, request: HttpRequest | None, job: Mapping[str, Any] | None) -> None:
    kind, release, about = kind_of(error), headroom().release, _about(request)

    def first() -> Sum:
        message = scrubbed_text(message_of(error))[:500]
        return Sum(kind.title, kind.culprit, message, release=release)

    person, tenant = key_of(about.get("person")), key_of(about.get("tenant"))
    is_kept = counting.count(kind, first, person=person, tenant=tenant)
    if is_kept:
        tags = about.get("tags")
        event = {**event_of(error), **surroundings(request, job, tags() if callable(tags) else tags)}
        event["fingerprint"] = [sdk.MARK, kind.fingerprint]
        counting.keep(lambda: sdk.send(event))


def _bring(batch: Batch) -> None:
    """To the built-in store, or to the server that the settings name."""
    if headroom().errors_dsn:
        deliver(batch)
    else:
        take_in(batch)


def _about(request: HttpRequest | None) -> Mapping[str, Any]:
    path = headroom().errors_context
    return _found(path)(request) if path else {}


@cache
def _found(path: str) -> Callable[[HttpRequest | None], Mapping[str, Any]]:
    found: Callable[[HttpRequest | None], Mapping[str, Any]] = import_string(path)
    return found


def _in_request(request: HttpRequest | None = None, **_: Any) -> None:
    error = sys.exc_info()[1]
    if error is not None:
        capture(error, request=request)


def _in_thread(args: Any) -> None:
    if args.exc_value is not None and isinstance(args.exc_value, Exception):
        capture(args.exc_value, job={"thread": getattr(args.thread, "name", "")})
    _before["thread"](args)


def _in_program(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(error, Exception):
        capture(error, job={"program": " ".join(sys.argv[:3])})
    _before["program"](kind, error, traceback)


class _Logged(logging.Handler):
    """What is logged as an error with its exception is one, also where it was caught and answered."""

    def emit(self, record: logging.LogRecord) -> None:
        if logging.lastResort and record.levelno >= logging.lastResort.level and self._is_alone(record.name):
            logging.lastResort.handle(record)  # as Python does where nobody handles it
        if record.levelno < logging.ERROR:
            return
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not record.name.startswith(QUIET):
            capture(error, request=getattr(record, "request", None), job={"logger": record.name})

    def _is_alone(self, name: str) -> bool:
        found: logging.Logger | None = logging.getLogger(name)
        while found is not None:
            if any(handler is not self for handler in found.handlers):
                return False
            found = found.parent if found.propagate else None
        return True
