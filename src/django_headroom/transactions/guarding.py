"""Slow or remote work inside a transaction, found where it happens: an error in tests, a report in production."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.template import base
from django.template.backends import jinja2

from django_headroom.conf import headroom
from django_headroom.transactions.held import refuse_inside, report_inside

REMOTE = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "http.client.send", "smtplib.send"}

_guards: list[Callable[[str], None]] = []  # what each guard that is on does with what it hears
_is_hooked: list[None] = []


@contextmanager
def refuse_holding() -> Iterator[None]:
    """For tests: raise where a transaction is held by connecting, sending, sleeping or drawing a slow template.

    It looks at connections that Python opens, at HTTP and SMTP, ``time.sleep`` and, over
    ``HEADROOM["HELD_TEMPLATE_SECONDS"]``, templates of Django and, through Django, of Jinja2. The databases'
    own connections are not Python's sockets, and are not meant.

    Raises:
        TransactionHeld: in the middle of the work, so that the traceback has its line.

    >>> @pytest.fixture(autouse=True)
    ... def nothing_is_held():
    ...     with refuse_holding():
    ...         yield
    """
    _listen()
    _guards.append(refuse_inside)
    with (
        mock.patch.object(time, "sleep", _sleeping(time.sleep)),
        mock.patch.object(base.Template, "render", _drawing(base.Template.render)),
        mock.patch.object(jinja2.Template, "render", _drawing(jinja2.Template.render)),
    ):
        try:
            yield
        finally:
            _guards.remove(refuse_inside)


def report_holding() -> None:
    """For production, once at the start of a process: log and count remote work inside a transaction, by its line.

    It hears what Python connects to and sends by HTTP and SMTP, and lets it go on. What only takes long is reported
    when the transaction ends, see ``HEADROOM["HELD_SECONDS"]``.

    >>> class SiteConfig(AppConfig):
    ...     def ready(self):
    ...         report_holding()
    """
    _listen()
    if report_inside not in _guards:
        _guards.append(report_inside)


def _listen() -> None:
    if not _is_hooked:
        sys.addaudithook(_hear)  # for good: Python has no way to take one away
        _is_hooked.append(None)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in REMOTE:
        for act in list(_guards):
            act(event)


def _sleeping(sleep: Callable[[float], None]) -> Callable[[float], None]:
    def sleep_outside(seconds: float) -> None:
        refuse_inside("time.sleep()")
        sleep(seconds)

    return sleep_outside


def _drawing(render: Callable[..., str]) -> Callable[..., str]:
    def draw(template: Any, *positional: Any, **options: Any) -> str:
        began = time.perf_counter()
        drawn = render(template, *positional, **options)
        took = time.perf_counter() - began
        if took > headroom().held_template_seconds:
            refuse_inside(f"Drawing {getattr(template, 'name', None) or 'a template'} ({took * 1000:.0f} ms)")
        return drawn

    return draw
