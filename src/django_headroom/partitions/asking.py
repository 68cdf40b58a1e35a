"""Every partition asked at once, each for so long and no longer; who did not answer is said, with the reason."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections, transaction

from django_headroom.conf import headroom
from django_headroom.partitions.routing import refuse

Found = TypeVar("Found")
PATIENCE = 0.5  # seconds more, in which a database says itself that it has given up
INSTRUCTIONS = 1_000  # of SQLite's machine, between two looks at the clock


def ask_everywhere(
    model: Any, question: Callable[[str], Found], seconds: float | None
) -> tuple[dict[str, Found], dict[str, str]]:
    """The answers by alias, and why some did not answer.

    Each partition is asked by a thread of its own. Where a transaction is open the caller asks, one after the other:
    another connection would not see what she has written. Nobody waits for a thread that is late; it closes its
    connection when it is done.

    Raises:
        OperationalError, InterfaceError: nobody answered, and nothing is not an answer.
    """
    places = headroom().partitions or (refuse(model),)
    began = time.monotonic()
    mine = [alias for alias in places if len(places) == 1 or connections[alias].in_atomic_block]
    asked = {alias: _ask_apart(alias, question, seconds) for alias in places if alias not in mine}
    answers: dict[str, Found] = {}
    failed: dict[str, Exception] = {}
    for alias in mine:
        with _noted(failed, alias):
            answers[alias] = _ask(alias, question, seconds)
    for alias, future in asked.items():
        left = None if seconds is None else max(0.0, began + seconds + PATIENCE - time.monotonic())
        with _noted(failed, alias):
            answers[alias] = future.result(left)
    if failed and not answers:
        raise next(iter(failed.values()))
    reasons = {alias: str(error).strip().split("\n")[0] for alias, error in failed.items()}
    return {alias: answers[alias] for alias in places if alias in answers}, reasons


def _ask_apart(alias: str, question: Callable[[str], Found], seconds: float | None) -> "Future[Found]":
    future: Future[Found] = Future()

    def run() -> None:
        with _ErrorsTo(future):
            with closing(connections[alias]):  # before the answer is told, so that nobody finds it open
                found = _ask(alias, question, seconds)
            future.set_result(found)

    # A daemon: a server that has gone silent must not keep the process from ending.
    Thread(target=copy_context().run, args=[run], name=f"across {alias}", daemon=True).start()
    return future


class _ErrorsTo:
    """Hands whatever goes wrong to the one who waits; in a thread it would be nobody's."""

    def __init__(self, future: "Future[Any]") -> None:
        self._future = future

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True


def _ask(alias: str, question: Callable[[str], Found], seconds: float | None) -> Found:
    with _limited(alias, seconds):
        return question(alias)


@contextmanager
def _noted(failed: dict[str, Exception], alias: str) -> Iterator[None]:
    """Whoever is late or out of reach is missing in the answer; a query that is wrong is wrong everywhere."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        failed[alias] = error
    except TimeoutError:
        failed[alias] = OperationalError("it does not answer")


@contextmanager
def _limited(alias: str, seconds: float | None) -> Iterator[None]:
    """At most so many seconds for each statement on PostgreSQL, and for the block on SQLite; elsewhere no limit."""
    connection = connections[alias]
    if seconds is None:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            # To this transaction alone, so that a pool hands nothing on.
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true)", [str(max(1, int(seconds * 1000)))]
            )
            yield
    elif connection.vendor == "sqlite":
        connection.ensure_connection()
        raw, until = connection.connection, time.monotonic() + seconds
        raw.set_progress_handler(lambda: time.monotonic() > until, INSTRUCTIONS)
        try:
            yield
        finally:
            raw.set_progress_handler(None, 0)
    else:
        yield
