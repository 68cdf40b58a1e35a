"""The last statements of each thread, so that an error can say what it had asked; never the values in them."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from django.db.backends.signals import connection_created

KEPT = 20
LONGEST = 1_000

# When it began (seconds since 1970), the database, the statement, how long it took (seconds).
Crumb = tuple[float, str, str, float]


class _Of(threading.local):
    def __init__(self) -> None:
        self.crumbs: deque[Crumb] = deque(maxlen=KEPT)


_of = _Of()


def start() -> None:
    """Note statements from now on, on every connection."""
    connection_created.connect(_watch, dispatch_uid="errors")


def begin_anew(**_: Any) -> None:
    """What was asked before belongs to somebody else's request."""
    _of.crumbs.clear()


def crumbs() -> list[Crumb]:
    """The statements since then, the latest last."""
    return list(_of.crumbs)


def _watch(connection: Any, **_: Any) -> None:
    if _note not in connection.execute_wrappers:
        connection.execute_wrappers.append(_note)


def _note(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    began = time.time()
    try:
        return execute(sql, params, many, context)
    finally:
        _of.crumbs.append((began, context["connection"].alias, sql, time.time() - began))
