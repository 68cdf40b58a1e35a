"""``fetch()``: one makes a value, the others read the last one meanwhile.

From the talk's slide 37: return the value that was invalidated, and let a single client fill the cache anew. Early
refresh by chance: Vattani, Chierichetti and Lowenstein, "Optimal probabilistic cache stampede prevention" (2015).
"""

import math
import random
import time
from collections.abc import Callable

from django_headroom.caching import stores
from django_headroom.caching.asking import Asking, Fetched, Made
from django_headroom.caching.envelope import Envelope
from django_headroom.caching.keeping import Place, Times, look
from django_headroom.caching.stores import Store

EARLIEST = 20  # so many times as long as making takes: chance begins no earlier than that


def fetch(
    key: str,
    make: Callable[[], Made],
    *,
    soft: float,
    hard: float,
    version: int | None = None,
    fresh: bool = False,
    placeholder: bytes | None = None,
    every: float = 0.0,
    store: Store | None = None,
) -> Fetched:
    """The value under a key. If it is old, one caller of all processes makes it anew; the others get the old one.

    Where there is none yet they wait for the one who makes it, ``FETCH_WAIT_SECONDS`` at most.

    Args:
        make: makes it; reads the version before, or with, what it is made from. It may be called by several at once.
        soft, hard: seconds. So long it is fresh (give or take a tenth), and so old it may become at most; made stale
            by a write, it is given out for another ``hard - soft`` seconds at most.
        version: the least that is fresh to this caller; one that is newer is as good.
        fresh: take no stale value, but wait for a fresh one; what the caller has made herself she is given.
        placeholder: taken by whoever has waited long enough, in place of making it herself.
        every: seconds from one making to the next, however often it is made stale.
        store: where it is kept; by default the process's own.

    Raises:
        NotMade: there is no value, and none could be made; what ``make`` raises goes to the one who called it.

    >>> page = fetch(f"page/{thread.pk}", lambda: Made(draw(thread), thread.version), soft=30, hard=300)
    >>> page.value, page.is_stale
    """
    place = Place(store or stores.store(), key)
    seen = look(place)
    held, now = seen[0], time.time()
    if held.is_fresh(now, version or 0) and not _is_early(held, now):
        return Fetched(held.value or b"", held.version, False)
    asking = Asking(place, make, Times(soft, hard, every), version or 0, fresh, placeholder)
    return asking.answer(seen)


def _is_early(held: Envelope, now: float) -> bool:
    """Whether to make it before its time: by chance, and the likelier the nearer its end and the longer it takes.

    Of a key that is read all the time one reader is early; nobody comes upon it when it has just run out.
    """
    left = held.soft_until - now
    if left > EARLIEST * held.took or held.busy_until > now:
        return False
    return left <= -math.log(1.0 - random.random()) * held.took
