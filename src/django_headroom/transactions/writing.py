"""``writing(place)`` opens a transaction and names its database.

Outside it everything is in autocommit (slides 38 and 39 of the talk). Inside it stands nothing slow or remote.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connections, transaction

from django_headroom.homes import primary_of
from django_headroom.partitions import partition_to_write
from django_headroom.transactions.held import report_if_long
from django_headroom.transactions.statements import is_point, is_write

Act = TypeVar("Act", bound=Callable[[str], None])

_open_at: ContextVar[tuple[str, ...]] = ContextVar("open_at", default=())
_after_commit: list[Callable[[str], None]] = []


class SecondDatabase(Exception):
    """A write to another database than the open transaction's: together they could not be kept."""


def alias_of(place: Any) -> str:
    """The database to write to at a place: an alias, a tenant, or a row that was read or saved somewhere.

    Of a replica, or a row that was read from one, it is the primary.

    Raises:
        ValueError: the row has not been saved, so it is in no database.
        KnownFromFile: where the tenant lives is known from a file alone.
    """
    if isinstance(place, str):
        return primary_of(place)
    if hasattr(place, "partition"):
        return partition_to_write(place)
    alias: str | None = place._state.db
    if alias is None:
        raise ValueError(f"{place!r} has not been saved, so it is in no database: name a tenant or an alias.")
    return primary_of(alias)


@contextmanager
def writing(place: Any, *, and_also: Any = None) -> Iterator[str]:
    """One transaction on the database of ``place``; it commits when the block ends, and an exception undoes it.

    Args:
        place: a tenant, a row that stands in a database, or a database alias.
        and_also: a second place, whose database gets a transaction of its own. An exception undoes both. They are
            not one: they commit one after the other, and if the second fails to, the first stays.

    Returns:
        The alias of ``place``, for ``using=`` inside.

    Raises:
        SecondDatabase: a transaction on another database is open around this one; or, inside, a statement writes to
            another database. Nothing of it was sent.

    >>> with writing(gazette) as alias:
    ...     Thread.objects.of(gazette).create(title="Bread")
    """
    alias, around = alias_of(place), _open_at.get()
    wanted = (alias,) if and_also is None else (alias_of(and_also), alias)
    if around:
        _check(around, wanted)
    opened_at = time.perf_counter()
    try:
        with ExitStack() as stack:
            for each in sorted(set(wanted)):  # in one order everywhere, so that no two wait for each other
                stack.enter_context(transaction.atomic(using=each))
                if not around:
                    _tell_after_commit(each)
            if not around:  # entered last, so left before the commit: what waits for that may write elsewhere
                stack.enter_context(_alone(wanted))
            yield alias
    finally:
        if not around:
            report_if_long(alias, time.perf_counter() - opened_at)


@contextmanager
def _alone(aliases: tuple[str, ...]) -> Iterator[None]:
    """For the block these databases are the ones that may be written."""

    def refuse(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if is_write(sql) and not is_point(sql):
            raise SecondDatabase(
                f"A write to {context['connection'].alias!r} inside a transaction on {aliases[-1]!r}, which "
                f"cannot hold both: {_cure(aliases[-1], context['connection'].alias)}"
            )
        return execute(sql, params, many, context)

    others = [each.execute_wrappers for each in connections.all() if each.alias not in aliases]
    token = _open_at.set(aliases)
    for wrappers in others:
        wrappers.insert(0, refuse)
    try:
        yield
    finally:
        for wrappers in others:
            wrappers.remove(refuse)
        _open_at.reset(token)


def after_commit(act: Act) -> Act:
    """Have ``act(alias)`` called each time an outermost ``writing`` has been committed, and before what else waits.

    What was undone is not told. Where ``writing`` stands in a transaction of somebody else's, such as the one of a
    request, it is told when that one commits. A failure is logged: the rows are there already.

    >>> @after_commit
    ... def note_position(alias):
    ...     ...
    """
    _after_commit.append(act)
    return act


def note_write(alias: str) -> None:
    """Have ``after_commit`` told of a write that took place without ``writing``; for modules with SQL of their own.

    At once in autocommit, and else when the transaction around it commits.
    """
    if alias not in _open_at.get():
        _tell_after_commit(alias)


def _check(around: Sequence[str], wanted: Sequence[str]) -> None:
    for alias in wanted:
        if alias not in around:
            raise SecondDatabase(
                f"A transaction on {around[-1]!r} is open, and this one is for {alias!r}: {_cure(around[-1], alias)}"
            )


def _cure(first: str, second: str) -> str:
    return (
        f"end the first, or say a delayed signal and do the second in its receiver. Where both must be open, say so "
        f"at the first, as writing({first!r}, and_also={second!r}); they still are two."
    )


def _tell_after_commit(alias: str) -> None:
    for act in _after_commit:
        transaction.on_commit(_telling(act, alias), using=alias, robust=True)


def _telling(act: Callable[[str], None], alias: str) -> Callable[[], None]:
    def tell() -> None:  # a function: Django's report of a failure asks for its name, which a partial has not
        act(alias)

    return tell
