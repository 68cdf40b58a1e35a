"""``fetch()``: one makes a value, the others read the last one meanwhile.

From the talk's slide 37: return the value that was invalidated, and let a single client fill the cache anew. Early
refresh by chance: Vattani, Chierichetti and Lowenstein, "Optimal probabilistic cache stampede prevention" (2015).
"""

import math
import random
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from django_headroom.caching import stores
from django_headroom.caching.asking import FIRST_POLL, Asking, Fetched, Made
from django_headroom.caching.envelope import NOTHING, Envelope
from django_headroom.caching.keeping import Place, Times, claim, give_back, keep, look, version_of
from django_headroom.caching.stores import ABSENT, Store

EARLIEST = 20  # so many times as long as making takes: chance begins no earlier than that
LOOK_AGAIN = 0.01


class Busy(NamedTuple):
    """It is somebody else's turn: look again after so many seconds."""

    seconds: float


class Turns(NamedTuple):
    """Takes turns with other processes at making values, and never waits: for whoever has few threads for many keys.

    Attributes:
        hard, every: seconds, as for ``fetch``.
        store: where values are kept; None: the process's own.
        later: called with what keeps a value that was made, so that who has made it need not wait for that, such as
            ``pool.submit``; None: it is kept at once.

    >>> turns = Turns(hard=300, every=0.1)
    >>> turns.take("page/7", draw, will_do=lambda value: b"bread" in value)
    """

    hard: float
    every: float = 0.0
    store: Store | None = None
    later: Callable[[Callable[[], None]], object] | None = None

    def take(
        self,
        key: str,
        make: Callable[[], Made | None],
        *,
        will_do: Callable[[bytes], bool],
        is_new: bool = False,
        anyway: bool = False,
    ) -> bytes | Busy | None:
        """What is kept under a key, if it will do; else what ``make`` makes, or Busy if another is at it.

        Args:
            make: as for ``fetch``; None: there is nothing to keep.
            will_do: whether the caller can use what is kept.
            is_new: to the caller, who has never had a value under this key. Probably none is kept, so that it is not
                looked for before it has turned out that there is one.
            anyway: make it though another is at it, who may be dead.

        Raises:
            Exception: what ``make`` raises.
        """
        place = Place(self.store or stores.store(), key)
        if is_new and (lease := claim(place, (NOTHING, ABSENT), 0)) is not None:
            return self._made(place, make, lease)
        seen = look(place)
        held, now = seen[0], time.time()
        if held.value is not None and held.is_servable(now) and will_do(held.value):
            return held.value
        if held.busy_until > now and not anyway:
            left = held.busy_until - now
            return Busy(min(left, LOOK_AGAIN) if held.maker else left)
        lease = claim(place, seen, 0)
        if lease is None and look(place)[1] != ABSENT and not anyway:
            return Busy(FIRST_POLL)
        return self._made(place, make, lease or NOTHING)  # without a lease if the store keeps nothing

    def _made(self, place: Place, make: Callable[[], Made | None], lease: Envelope) -> bytes | None:
        began, made = time.time(), None
        try:
            made = make()
        finally:
            if made is None:
                give_back(place, lease, has_failed=False)
        if made is None:
            return None
        keeping = partial(self._keep, place, made, began, lease)
        if self.later is None:
            keeping()
        else:
            self.later(keeping)
        return made.value

    def _keep(self, place: Place, made: Made, began: float, lease: Envelope) -> None:
        version = version_of(began) if made.version is None else made.version
        times = Times(self.hard, self.hard, self.every)
        if keep(place, made.value, version, began, times=times, lease=lease) is None:
            give_back(place, lease, has_failed=False)


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
