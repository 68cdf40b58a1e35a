"""``on_first_write()``: in autocommit until the first write, then in one transaction until the end of the request.

From the talk's "start in autocommit and switch to a transaction on write" (slide 39). ``FirstWrite`` is the
middleware. How it stands on Django's own transactions: docs/decisions/transaction-on-first-write.md.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from django_headroom.conf import headroom
from django_headroom.transactions.held import report_if_long
from django_headroom.transactions.statements import in_front, is_write
from django_headroom.transactions.writing import SecondDatabase


class FirstWrite:
    """Middleware: each request reads in autocommit, and what it writes is one transaction.

    An exception, or an answer from status 500 on, undoes all that the request wrote. What streams is committed
    before its first byte, and nothing is open meanwhile. The databases are ``HEADROOM["FIRST_WRITE"]``.

    Raises:
        ImproperlyConfigured: the view, or what stands below, is asynchronous; its queries are on other threads.
    """

    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        _refuse_async(get_response)
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = headroom()
        with on_first_write(*chosen.first_write, together=chosen.first_write_together) as wrote:
            response = self.get_response(request)
            if response.status_code >= chosen.first_write_undone_from:
                wrote.undo()
        return response

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> None:
        _refuse_async(view)


@dataclass
class Wrote:
    """What a block under ``on_first_write()`` has written to so far, and whether that is to be undone."""

    together: bool
    aliases: list[str] = field(default_factory=list)
    is_undone: bool = False

    def undo(self) -> None:
        """Undo everything at the end, also without an exception."""
        self.is_undone = True


@contextmanager
def on_first_write(*aliases: str, together: bool = False) -> Iterator[Wrote]:
    """Read in autocommit; at the first write open a transaction that ends with the block.

    The first ``atomic()`` opens it as well, Django's own in ``bulk_create()`` included, and so does
    ``select_for_update()``. What ``on_commit()`` was given runs after the commit, or at the end if none was needed.

    Args:
        aliases: the databases that may be written; each is connected to at once. A write to another is refused.
        together: whether more than one of them may be written. They are not one transaction: they commit one after
            the other, and if one fails to, those before it stay.

    Returns:
        What was written to; its ``undo()`` undoes it all.

    Raises:
        SecondDatabase: a write to a second database, or to one that is not named. Nothing of it was sent.

    >>> with on_first_write("default"):
    ...     Shop.objects.get(pk=1)       # in autocommit
    ...     Shop.objects.create(name="rye")  # opens the transaction
    """
    wrote = Wrote(together)
    with ExitStack() as stack:
        for connection in connections.all():
            if connection.alias not in aliases:
                stack.enter_context(in_front(connection, _refusing(wrote, aliases)))
        for alias in aliases:
            waiting = _Waiting(alias, wrote)
            stack.enter_context(waiting)
            stack.enter_context(in_front(connections[alias], waiting.begin_for_a_write))
        yield wrote


class _Waiting(transaction.Atomic):
    """A transaction that Django takes for open from the start, and that begins with the first write."""

    def __init__(self, alias: str, wrote: Wrote) -> None:
        super().__init__(alias, savepoint=True, durable=False)
        self.alias, self.wrote = alias, wrote
        self.is_waiting = False
        self.began_at = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nothing was written yet."""
        return self.alias not in self.wrote.aliases

    def __enter__(self) -> None:
        connection = self.connection = connections[self.alias]
        connection.close_if_health_check_failed()
        connection.ensure_connection()  # a connection that opens later forgets what it is told here
        if connection.in_atomic_block:  # somebody else's, as around a test: a savepoint of it serves
            super().__enter__()
            self.began_at = time.perf_counter()
        else:
            self.is_waiting = True
            connection.commit_on_exit, connection.needs_rollback = True, False
            connection.in_atomic_block, connection.autocommit = True, False
            connection.atomic_blocks.append(self)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        connection = self.connection
        if self.wrote.is_undone and kind is None:
            connection.needs_rollback = True
        if not self.is_waiting:
            super().__exit__(kind, error, trace)
            report_if_long(self.alias, time.perf_counter() - self.began_at)
            return
        self.is_waiting = False
        is_undone = kind is not None or connection.needs_rollback
        connection.atomic_blocks.pop()
        connection.in_atomic_block, connection.autocommit, connection.needs_rollback = False, True, False
        if connection.closed_in_transaction:
            connection.connection = None
        if is_undone:
            connection.run_on_commit = []
        connection.run_and_clear_commit_hooks()

    def begin_for_a_write(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """What each statement passes through first."""
        if self.is_idle and is_write(sql):
            _check(self.alias, self.wrote)
            if self.is_waiting:
                self._begin()
            self.wrote.aliases.append(self.alias)
        return execute(sql, params, many, context)

    def _begin(self) -> None:
        connection = self.connection
        self.is_waiting, connection.in_atomic_block, self.began_at = False, False, time.perf_counter()
        try:
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        except BaseException:
            self.is_waiting = True
            raise
        finally:
            connection.in_atomic_block = True


def _refusing(wrote: Wrote, aliases: tuple[str, ...]) -> Callable[..., Any]:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        alias = context["connection"].alias
        if is_write(sql):
            raise SecondDatabase(
                f"A write to {alias!r} in a request that may write to {', '.join(map(repr, aliases))}: "
                f"add it to HEADROOM['FIRST_WRITE'], or do it in the receiver of a delayed signal."
            )
        return execute(sql, params, many, context)

    return refuse


def _check(alias: str, wrote: Wrote) -> None:
    if wrote.aliases and not wrote.together:
        raise SecondDatabase(
            f"This request has written to {wrote.aliases[0]!r}, and now would to {alias!r}: no transaction holds "
            f"both. Do the second in the receiver of a delayed signal, or declare it by together=True "
            f"(HEADROOM['FIRST_WRITE_TOGETHER'])."
        )


def _refuse_async(view: Any) -> None:
    if iscoroutinefunction(view):
        raise ImproperlyConfigured(
            "FirstWrite keeps one transaction for one thread, and this view is asynchronous: make it a plain "
            "function, or leave FirstWrite out and use writing() where it writes."
        )
