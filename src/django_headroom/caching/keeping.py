"""How values come into a store and grow stale there: never an older one over a newer one, whoever comes in between."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple

from django_headroom.caching.envelope import NOTHING, Envelope, pack, unpack
from django_headroom.caching.stores import ABSENT, Store
from django_headroom.conf import headroom

TRIES = 20  # of compare-and-set, against others who do the same
JITTER = 0.1  # what was made together does not run out together
SPARE = 1.0  # seconds longer in the store, some of which count whole ones; the envelope has the last word
FIRST_REST, LONGEST_REST = 0.1, 10.0  # seconds after a maker who failed


class Place(NamedTuple):
    """A key of a store."""

    store: Store
    key: str


class Times(NamedTuple):
    """Seconds: how long a value is fresh, how old it may become, how far apart two makers begin."""

    soft: float
    hard: float
    every: float = 0.0


def version_of(moment: float) -> int:
    """The version of values whose maker tells none: when she began, in microseconds."""
    return int(moment * 1e6)


def look(place: Place) -> tuple[Envelope, int]:
    """What is kept, and the token to replace it with."""
    held = place.store.get(place.key)
    return (NOTHING, ABSENT) if held is None else (unpack(held.value), held.token)


def claim(place: Place, seen: tuple[Envelope, int], version: int) -> Envelope | None:
    """Become the one who makes the next value; None if somebody was faster.

    Args:
        seen: what ``look`` gave.
        version: the least that the caller takes as fresh.
    """
    (held, token), now, lease = seen, time.time(), headroom().fetch_lease_seconds
    if held.version < version:
        held = held.turned_stale(now, version)
    mine = held._replace(maker=random.getrandbits(63) | 1, busy_until=now + lease)
    return mine if _put(place, mine, token, now) else None


def keep(
    place: Place, value: bytes, version: int, began: float, *, times: Times, lease: Envelope = NOTHING
) -> Envelope | None:
    """Put a new value, unless a newer one is there.

    Args:
        began: when its maker began.
        lease: what ``claim`` gave.

    Returns:
        What is kept now: this value, or the newer one; None if the store keeps nothing.
    """
    new = NOTHING._replace(value=value, version=version, began=began, took=time.time() - began)

    def renewed(held: Envelope, now: float) -> Envelope | None:
        is_newer = (held.version, held.began) > (version, began)
        return None if is_newer else _over(held, new, times, lease)

    return _replaced(place, renewed)


def _over(held: Envelope, new: Envelope, times: Times, lease: Envelope) -> Envelope:
    """The new value in its envelope, over what is held."""
    now, wanted = time.time(), max(held.wanted, lease.wanted)
    # Marked meanwhile, or read from a copy that is behind, it is stale as it comes.
    soft = times.soft * random.uniform(1 - JITTER, 1 + JITTER) if new.version >= wanted else 0.0
    oldest = new.began + times.hard
    soft_until = min(now + soft, oldest)
    new = new._replace(
        wanted=wanted,
        soft_until=soft_until,
        hard_until=min(soft_until + times.hard - times.soft, oldest),
        busy_until=new.began + times.every,
    )
    if new.version >= wanted:
        return new
    if new.version < lease.wanted:
        return _resting(new, held.failures, now)
    if held.maker != lease.maker:
        return new._replace(maker=held.maker, busy_until=held.busy_until)
    return new


def give_back(place: Place, lease: Envelope, *, has_failed: bool) -> None:
    """Let another make it. If the maker has failed, what is kept rests for a while, the longer the more have."""

    def given_back(held: Envelope, now: float) -> Envelope | None:
        if not lease.maker or held.maker != lease.maker:
            return None
        free = held._replace(maker=0, busy_until=0.0)
        return _resting(free, held.failures, now) if has_failed else free

    _replaced(place, given_back)


def mark(place: Place, version: int) -> None:
    """Let a value below a version be stale, also one that is being made just now."""

    def marked(held: Envelope, now: float) -> Envelope | None:
        is_known = max(held.version, held.wanted) >= version
        return None if is_known else held.turned_stale(now, version)

    _replaced(place, marked)


def _replaced(place: Place, change: Callable[[Envelope, float], Envelope | None]) -> Envelope | None:
    """Change what is kept, from whatever it is by then; ``change`` gives None to leave it.

    Returns:
        What is kept now; None if the store does not keep it.
    """
    was_absent = False
    for _ in range(TRIES):
        now = time.time()
        held, token = look(place)
        changed = change(held, now)
        if changed is None:
            return held
        if _put(place, changed, token, now):
            return changed
        if token == ABSENT and was_absent:
            return None
        was_absent = token == ABSENT
    return None


def _put(place: Place, envelope: Envelope, token: int, now: float) -> bool:
    if not envelope.is_servable(now):
        envelope = envelope._replace(value=None)
    # Without a value it is there for those who are at it, and for those who began before.
    least = headroom().fetch_lease_seconds if envelope.value is None or envelope.maker else 0.0
    seconds = max(envelope.hard_until - now, envelope.busy_until - now, least)
    return place.store.put(place.key, pack(envelope), seconds=seconds + SPARE, token=token)


def _resting(envelope: Envelope, failures: int, now: float) -> Envelope:
    """After one more failure nobody makes it for a while, twice as long as after the one before."""
    rest = min(FIRST_REST * 2.0**failures, LONGEST_REST) * random.uniform(1, 1 + JITTER)
    return envelope._replace(failures=min(failures + 1, 20), busy_until=max(envelope.busy_until, now + rest))
