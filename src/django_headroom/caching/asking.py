"""One caller of ``fetch()`` who found nothing fresh: makes it, or waits, or takes what there is."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django_headroom.caching import flights
from django_headroom.caching.envelope import NOTHING, Envelope
from django_headroom.caching.keeping import Place, Times, claim, give_back, keep, look, version_of
from django_headroom.caching.stores import ABSENT
from django_headroom.conf import headroom

_log = logging.getLogger(__name__)
FIRST_POLL, LONGEST_POLL = 0.002, 0.05


class Made(NamedTuple):
    """What a maker returns: the value, and the version of what it was made from; None where there are no versions."""

    value: bytes
    version: int | None = None


class Fetched(NamedTuple):
    """A value; ``is_stale`` says that a newer one is on its way, or failed to come."""

    value: bytes
    version: int
    is_stale: bool


class NotMade(Exception):
    """There is no value to give: its maker failed lately, or those who make it take too long."""


@dataclass(frozen=True)
class Asking:
    """One caller, who found nothing fresh."""

    place: Place
    make: Callable[[], Made]
    times: Times
    version: int
    fresh: bool = False
    placeholder: bytes | None = None
    came: float = field(default_factory=time.monotonic)

    def answer(self, seen: tuple[Envelope, int]) -> Fetched:
        """What ``fetch`` returns."""
        place = (id(self.place.store), self.place.key)
        while True:
            flight, is_mine = flights.board(place)
            if is_mine:
                return self._fly(place, flight, seen)
            found = self._as_it_is(seen[0]) or self._take(flight)
            if found is None:
                seen = look(self.place)
                found = self._as_it_is(seen[0])
            if found is not None:
                return found

    def make_as(self, lease: Envelope, held: Envelope) -> Fetched:
        """Make the value, and keep it; if that fails, the old one stays, and rests.

        Args:
            lease: what was claimed; or NOTHING, to make it beside others.
            held: what there is till then.
        """
        began = time.time()
        try:
            made = self.make()
        except Exception as error:
            give_back(self.place, lease, has_failed=True)
            found = self._as_it_is(held)
            if found is None:
                raise
            _log.error("Making %r has failed: the last one is read on.", self.place.key, exc_info=error)
            return found
        version = version_of(began) if made.version is None else made.version
        kept = keep(self.place, made.value, version, began, times=self.times, lease=lease)
        if kept is None:  # too large for the store, perhaps
            give_back(self.place, lease, has_failed=False)
        if kept is None or kept.value is None:
            return Fetched(made.value, version, version < self.version)
        return Fetched(kept.value, kept.version, not kept.is_fresh(time.time(), self.version))

    def _fly(self, place: flights.Place, flight: flights.Flight, seen: tuple[Envelope, int]) -> Fetched:
        try:
            flight.brought = found = self._see_to_it(seen)
            return found
        except Exception as error:
            flight.failed = error
            raise
        finally:
            flights.land(place, flight)

    def _see_to_it(self, seen: tuple[Envelope, int]) -> Fetched:
        """The one of this process makes it, or waits for whoever makes it in another one."""
        pause, awaited, is_first = FIRST_POLL, 0, True
        while True:
            held, token = seen
            found, is_free = self._as_it_is(held), held.busy_until <= time.time()
            if found is not None and not (is_first and is_free):
                return found
            if self._patience() <= 0 and not is_first:
                return self._do_without() if held.failures else self._make_among_others()
            awaited, is_first = awaited or held.maker, False
            # One of all who wait begins as well after half of their time: perhaps the maker has died.
            may_be_dead = held.maker == awaited != 0 and self._patience() <= headroom().fetch_wait_seconds / 2
            if not is_free and not may_be_dead:
                time.sleep(pause)
                pause = min(pause * 1.5, LONGEST_POLL)
                seen = look(self.place)
                continue
            lease = claim(self.place, seen, self.version)
            if lease is not None:
                return self.make_as(lease, held)
            seen = look(self.place)
            if token == seen[1] == ABSENT:
                return self._make_among_others()  # the store keeps nothing

    def _make_among_others(self) -> Fetched:
        """After waiting in vain: make it although somebody else is at it, a few of each process at a time."""
        if self.placeholder is not None:
            return self._do_without()
        makers = flights.makers()
        if not makers.acquire(timeout=headroom().fetch_wait_seconds):
            return self._do_without()
        try:
            held, _ = look(self.place)
            return self._as_it_is(held) or self.make_as(NOTHING, held)
        finally:
            makers.release()

    def _as_it_is(self, held: Envelope) -> Fetched | None:
        """What is kept, if it will do as it is."""
        now = time.time()
        is_fresh = held.is_fresh(now, self.version)
        if held.value is None or not (is_fresh or (held.is_servable(now) and not self.fresh)):
            return None
        return Fetched(held.value, held.version, not is_fresh)

    def _take(self, flight: flights.Flight) -> Fetched | None:
        """What another caller of this process brings, if it will do."""
        if not flight.wait(self._patience()):
            return self._make_among_others()
        if flight.failed is not None:
            return self._do_without(flight.failed)
        found: Fetched | None = flight.brought
        if found is None or not self.fresh:
            return found
        # Who wants a fresh one has perhaps just written: what was begun before she came may lack that.
        is_late = flight.began >= self.came or 0 < self.version <= found.version
        return found if is_late and not found.is_stale else None

    def _do_without(self, failed: Exception | None = None) -> Fetched:
        if self.placeholder is not None:
            return Fetched(self.placeholder, -1, True)
        raise NotMade(
            f"{self.place.key!r} is not there, and those who make it fail or take too long: see to that, give a "
            f"placeholder, or raise HEADROOM['FETCH_WAIT_SECONDS'] or ['FETCH_MAKERS']."
        ) from failed

    def _patience(self) -> float:
        return self.came + headroom().fetch_wait_seconds - time.monotonic()
