"""One node as one process knows it: its connections, and whether it is here or away."""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from math import ceil

from django_headroom.caching.few import Few
from django_headroom.caching.memcached.absences import SOON, Absence
from django_headroom.caching.memcached.addresses import Address
from django_headroom.caching.memcached.links import Link, Turn, converse
from django_headroom.caching.memcached.wire import EMPTY, HELLO, Garbled, dropping

log = logging.getLogger(__name__)
TO_CLEAN = 1.0
"""Seconds that a node has to take out what is stale: nobody waits for it."""


@dataclass(frozen=True)
class Patience:
    """What a node is allowed, by each process."""

    seconds: float = 0.05
    """How long it may take."""

    look_seconds: float = 5.0
    """How long it is left alone between two looks while it is away."""

    links: int = 8
    """How many connections there are to it."""

    @property
    def seconds_elsewhere(self) -> float:
        """How long its values stay on other nodes at most."""
        return 2 * self.look_seconds

    @property
    def seconds_in_doubt(self) -> float:
        """How long after a return there may be something elsewhere: other processes come back a little later.

        memcached counts whole seconds, and may be one behind.
        """
        last_return = self.look_seconds * (1 + SOON) + TO_CLEAN
        return last_return + ceil(self.seconds_elsewhere) + 1


class Node:
    """A node. ``absence`` is read without its lock, and written with it."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self.name = address.name
        self._address, self._patience = address, patience
        self._is_named = address.is_a_name()
        self._found = None if self._is_named else address.found()
        self.begin_afresh()

    def begin_afresh(self) -> None:
        """Know nothing but where it is, and use no connection that there was."""
        self.absence: Absence | None = None
        self.life = 0
        """How often it was lost: a number for compare-and-set is good for one life."""
        self._lock = threading.Lock()
        self._links: Few[Link] = Few(self._patience.links, self._begin)
        self._doubted_until = 0.0

    def find(self) -> bool:
        """Look up where it is, if others must be asked for that: it may take long. Whether it is known."""
        if self._is_named:
            with suppress(OSError):  # where it was last known to be, it may still be
                self._found = self._address.found()
        return self._found is not None

    @property
    def is_found(self) -> bool:
        """Whether it is known where it is."""
        return self._found is not None

    def lend(self, seconds: float) -> Link:
        """A connection for one thread, which may have to wait for it.

        Raises:
            AllLent, OSError: there is none.
        """
        return self._links.lend(seconds)

    def take_back(self, turn: Turn) -> None:
        """The connection of a turn that is over."""
        if turn.fault is None and self.absence is None:
            turn.link.is_fresh = False
            self._links.take_back(turn.link)
        else:
            turn.link.close()
            self._links.take_back(None)

    def forget_links(self) -> None:
        """Those that are idle are of no use: one of them had been closed at its other end."""
        self.life += 1
        for link in self._links.take_idle():
            link.close()

    def lose(self, why: object) -> bool:
        """It has not answered: from now on it is away. Whether it was here till now."""
        with self._lock:
            if self.absence is not None:
                return False
            now = time.monotonic()
            wait = self._patience.look_seconds * SOON
            self.absence = Absence(wait, now + wait, max(now, self._doubted_until))
        self.forget_links()
        log.warning("The cache server %s is away (%s): its keys are kept by the others.", self.name, why)
        return True

    def change_elsewhere(self, key: bytes) -> bool:
        """Say that a key is about to be changed on another node; False: this one is not away any more."""
        with self._lock:
            if self.absence is None:
                return False
            self.absence.change(key)
            return True

    def look(self) -> None:
        """Ask one that is away whether it answers; if so for the second time, clean it and have it back."""
        absence = self.absence
        if absence is None:
            return
        answered = self.find() and self._do([HELLO], self._patience.seconds)
        may_return = absence.looked(time.monotonic(), self._patience.look_seconds, answered=answered)
        if may_return and not self._return(absence):
            absence.looked(time.monotonic(), self._patience.look_seconds, answered=False)

    def _return(self, absence: Absence) -> bool:
        """Take from it what was changed elsewhere, till nothing is left to take while the lock is held."""
        while True:
            with self._lock:
                keys, absence.changed = absence.changed, set()
                is_emptied, absence.is_all_changed = absence.must_be_emptied(), False
                absence.is_long = False
                if not keys and not is_emptied:
                    self._doubted_until = time.monotonic() + self._patience.seconds_in_doubt
                    self.absence = None
                    log.warning("The cache server %s is back.", self.name)
                    return True
            if not self._do([EMPTY] if is_emptied else [dropping(key) for key in keys], TO_CLEAN):
                absence.is_long = True
                return False

    def _do(self, orders: list[bytes], seconds: float) -> bool:
        """Whether it has carried out some orders, on a connection of its own."""
        until = time.monotonic() + seconds
        try:
            turn = Turn(self._connect(), b"".join(orders), len(orders))
        except OSError:
            return False
        list(converse([turn], until))
        turn.link.close()
        if isinstance(turn.fault, Garbled):
            log.warning("The cache server %s answers %s, and stays away.", self.name, turn.fault)
        return turn.fault is None

    def _begin(self) -> Link:
        if self.absence is not None:
            raise ConnectionAbortedError("it was given up while somebody waited for a connection")
        return self._connect()

    def _connect(self) -> Link:
        if self._found is None:
            raise OSError("it is not known where it is")
        return Link(*self._found)
