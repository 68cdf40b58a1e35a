"""What must not happen while a transaction is open: slow or remote work holds its rows and its connection.

From the talk's "isolate slow functions from transactions" (slide 39). In tests it is an error where it happens; in
production a transaction that was open too long is reported when it ends.
"""

import logging
import os
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local
from types import FrameType
from typing import Any

import django
from django.db import connections

from django_headroom.conf import headroom

logger = logging.getLogger(__name__)

held_lines: Counter[str] = Counter()
"""How often each line of the project held a transaction too long, since the process began: for a page of gauges."""

_telling = local()

_PYTHON = f"{sysconfig.get_path('stdlib')}{os.sep}"
_LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_OWN_CODE = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(django.__file__).parent}{os.sep}")


class TransactionHeld(Exception):
    """Slow or remote work inside an open transaction."""


@contextmanager
def outside_transaction(what: str = "This") -> Iterator[None]:
    """Refuse to run inside an open transaction: for a block, or as a decorator, of what is slow or remote.

    Raises:
        TransactionHeld: a transaction is open in this thread; those that tests put around a test do not count.

    >>> @outside_transaction("Sending mail")
    ... def send(mail):
    ...     ...
    """
    refuse_inside(what)
    yield


def refuse_inside(what: str) -> None:
    for alias in open_aliases():
        raise TransactionHeld(
            f"{what} inside a transaction on {alias!r} ({line_of_the_project()}): do it before the transaction or "
            f"after it, or say a delayed signal and do it in the receiver."
        )


def report_inside(what: str) -> None:
    """Log and count remote work inside an open transaction, by its line, and let it go on."""
    if getattr(_telling, "is_on", False):
        return
    for alias in open_aliases():
        _telling.is_on = True  # a log may go over the network itself
        try:
            line = line_of_the_project()
            held_lines[line] += 1
            logger.warning("%s inside a transaction on %r (%s).", what, alias, line)
        finally:
            _telling.is_on = False


def open_aliases() -> Iterator[str]:
    """Where this thread has a transaction open; what a test case opened around a test does not count."""
    for connection in connections.all(initialized_only=True):
        blocks: list[Any] = getattr(connection, "atomic_blocks", [])
        if any(not block._from_testcase and not getattr(block, "is_waiting", False) for block in blocks):
            yield connection.alias


def report_if_long(alias: str, seconds: float) -> None:
    """Log and count a transaction that was open longer than ``HEADROOM["HELD_SECONDS"]``, by its line."""
    if seconds <= headroom().held_seconds:
        return
    line = line_of_the_project()
    held_lines[line] += 1
    logger.warning("A transaction on %r was held for %.0f ms (%s).", alias, seconds * 1000, line)


def line_of_the_project() -> str:
    """File and line of the innermost frame that is the project's own; of a library's, where it has none."""
    lines = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        is_library = any(folder in file for folder in _LIBRARIES)
        is_python = file.startswith("<frozen") or (file.startswith(_PYTHON) and not is_library)
        if not is_python and not file.startswith(_OWN_CODE):
            if not is_library:
                return f"{file}:{frame.f_lineno}"
            lines.append(f"{file}:{frame.f_lineno}")
        frame = frame.f_back
    return lines[0] if lines else "?"
