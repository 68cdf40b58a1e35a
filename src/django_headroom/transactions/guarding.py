"""``refuse_holding()``: in tests, slow or remote work inside a transaction is an error where it happens."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.template import base
from django.template.backends import jinja2

from django_headroom.conf import headroom
from django_headroom.transactions.held import refuse_inside

REMOTE = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "http.client.send", "smtplib.send")

_guards: list[None] = []  # one entry for each refuse_holding() that is on
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
    if not _is_hooked:
        sys.addaudithook(_hear)  # for good: Python has no way to take one away
        _is_hooked.append(None)
    _guards.append(None)
    with (
        mock.patch.object(time, "sleep", _sleeping(time.sleep)),
        mock.patch.object(base.Template, "render", _drawing(base.Template.render)),
        mock.patch.object(jinja2.Template, "render", _drawing(jinja2.Template.render)),
    ):
        try:
            yield
        finally:
            _guards.pop()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _guards and event in REMOTE:
        refuse_inside(event)


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
