"""Values renewed by whoever has changed what they are made from, after the commit; nothing is ever deleted."""

import logging
import time
from collections.abc import Callable

from django.db import transaction

from django_headroom.caching import stores
from django_headroom.caching.asking import Asking, Made
from django_headroom.caching.keeping import Place, Times, claim, keep, look, mark, version_of
from django_headroom.caching.stores import Store

_log = logging.getLogger(__name__)


def fill(
    key: str,
    value: bytes,
    *,
    version: int | None = None,
    soft: float,
    hard: float,
    every: float = 0.0,
    store: Store | None = None,
) -> bool:
    """Put a value that was made already, unless a newer one is there. To be called after the commit.

    Args:
        version, soft, hard, every, store: as for ``fetch``.

    Returns:
        Whether this value is kept now.

    >>> transaction.on_commit(lambda: fill("page/7", page, version=8, soft=30, hard=300), using="p1")
    """
    now = time.time()
    told = version_of(now) if version is None else version
    place = Place(store or stores.store(), key)
    kept = keep(place, value, told, now, times=Times(soft, hard, every))
    return kept is not None and (kept.version, kept.began) == (told, now)


def mark_stale(key: str, *, version: int | None = None, store: Store | None = None) -> None:
    """Let what is below a version be stale, also what is being made just now. To be called after the commit.

    The value stays, and is given out as stale until one caller of ``fetch`` has made the next.

    Args:
        version: the least that is fresh from now on; None where makers tell no versions.

    >>> transaction.on_commit(lambda: mark_stale("page/7", version=8), using="p1")
    """
    told = version_of(time.time()) + 1 if version is None else version  # past what was begun just now
    mark(Place(store or stores.store(), key), told)


def refill(
    key: str,
    make: Callable[[], Made],
    *,
    using: str,
    version: int | None = None,
    soft: float,
    hard: float,
    every: float = 0.1,
    store: Store | None = None,
) -> None:
    """Have a value made anew as soon as the transaction has committed; if it is rolled back, nothing happens.

    If somebody is at it, or has been less than ``every`` seconds ago, the value is marked stale, and the first who
    reads it after that makes it. So it is if ``make`` fails, which is logged.

    Args:
        using: the alias of the database that is written to.
        version: what the value shall have at least; None where makers tell no versions.

    >>> with writing(forum):
    ...     step(thread, version=1)
    ...     refill(f"page/{thread.pk}", draw, using="p1", version=thread.version, soft=30, hard=300)
    """
    asking = Asking(Place(store or stores.store(), key), make, Times(soft, hard, every), version or 0)
    transaction.on_commit(lambda: _make_now(asking), using=using)


def _make_now(asking: Asking) -> None:
    now = time.time()
    version = asking.version or version_of(now)
    seen = look(asking.place)
    held = seen[0]
    if held.version >= version:
        return
    lease = claim(asking.place, seen, version) if held.busy_until <= now else None
    if lease is None:
        mark(asking.place, version)
        return
    try:
        asking.make_as(lease, held)
    except Exception as error:  # noqa: BLE001 - a maker may be anybody's, and the commit is done
        _log.error("Making %r has failed: it stays stale.", asking.place.key, exc_info=error)
