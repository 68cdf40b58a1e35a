"""Every statement of every connection of this process, in all its threads: seen without a connection being opened.

Django's ``execute_wrapper`` is of one connection, and connections are of one thread. Here each connection gets one
wrapper for good when it is made, which asks those that listen at the moment.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created

Execute = Callable[..., Any]
Wrapper = Callable[[Execute, str, Any, bool, dict[str, Any]], Any]

OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")

seen: weakref.WeakSet[Any] = weakref.WeakSet()
_wrappers: list[Wrapper] = []


@contextmanager
def around_every_statement(wrapper: Wrapper) -> Iterator[None]:
    """Put a wrapper around each statement to any database in a block, whatever thread sends it.

    Args:
        wrapper: as for Django's ``execute_wrapper``: ``wrapper(execute, sql, params, many, context)``.

    >>> with around_every_statement(refuse_slow_words):
    ...     client.get("/")
    """
    for connection in connections.all(initialized_only=True):
        attach(connection)
    _wrappers.append(wrapper)
    try:
        yield
    finally:
        _wrappers.remove(wrapper)


def attach(connection: Any, **_: Any) -> None:
    """Outermost, so that a wrapper which is put in for a block and taken from the end of the list is not mistaken."""
    seen.add(connection)
    if _dispatch not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _dispatch)


def is_of_transactions(sql: str) -> bool:
    """Whether a statement is a transaction's own word, such as SAVEPOINT."""
    return str(sql).split(" ", 1)[0].rstrip(";") in OF_TRANSACTIONS


def _dispatch(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    for wrapper in tuple(_wrappers):
        execute = partial(wrapper, execute)
    return execute(sql, params, many, context)


connection_created.connect(attach)
