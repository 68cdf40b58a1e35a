"""The only door to a transaction: ``writing(place)`` opens one and names its database.

Outside it everything is in autocommit (slides 38 and 39 of the talk). Inside it stands nothing slow or remote.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction

from django_headroom.homes import primary_of
from django_headroom.partitions import partition_of

_open_at: ContextVar[str | None] = ContextVar("open_at", default=None)


class SecondDatabase(Exception):
    """A transaction inside another one, on another database: together they could not be kept."""


def alias_of(place: Any) -> str:
    """The database to write to at a place: an alias, a tenant, or a row that was read or saved somewhere.

    Of a replica, or a row that was read from one, it is the primary.

    Raises:
        ValueError: the row has not been saved, so it is in no database.
    """
    if isinstance(place, str):
        return primary_of(place)
    if hasattr(place, "partition"):
        return partition_of(place)
    alias: str | None = place._state.db
    if alias is None:
        raise ValueError(f"{place!r} has not been saved, so it is in no database: name a tenant or an alias.")
    return primary_of(alias)


@contextmanager
def writing(place: Any) -> Iterator[str]:
    """One transaction on the database of ``place``; it commits when the block ends, and an exception undoes it.

    Args:
        place: a tenant, a row that stands in a database, or a database alias.

    Returns:
        The alias, for ``using=`` inside.

    Raises:
        SecondDatabase: a transaction on another database is open around this one.

    >>> with writing(gazette) as alias:
    ...     Thread.objects.of(gazette).create(title="Bread")
    """
    alias = alias_of(place)
    around = _open_at.get()
    if around not in (None, alias):
        raise SecondDatabase(
            f"A transaction on {around!r} is open, and this one is for {alias!r}: end the first, "
            f"or say a delayed signal and do the second in its receiver."
        )
    token = _open_at.set(alias)
    try:
        with transaction.atomic(using=alias):
            yield alias
    finally:
        _open_at.reset(token)
