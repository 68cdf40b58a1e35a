"""A batch that is one worker's for as long as its heart beats; what it has not begun is given back if others wait."""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from django_headroom.conf import headroom
from django_headroom.delayed.models import Event
from django_headroom.delayed.working.claiming import lease_end, release

GIVE_BACK = 2.0  # seconds that a batch may take before its rest is left to others

_log = logging.getLogger(__name__)


class Lease:
    """The events of one batch, iterated one by one.

    A thread beside prolongs the lease while somebody is told, however long that takes, and gives back what was not
    begun when the batch takes long. A process that stood still and has lost its lease tells no more.
    """

    def __init__(self, alias: str, owner: uuid.UUID, events: Iterable[Event]) -> None:
        self._alias, self._owner = alias, owner
        self._waiting = deque(events)
        self._to_give_back: list[int] = []
        self._held_until = time.monotonic() + headroom().delayed_lease_seconds
        self._is_over = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="headroom-lease", daemon=True)

    def __enter__(self) -> Self:
        if not connections[self._alias].in_atomic_block:  # as a test's own, in which nobody sees the lease
            self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._heart.is_alive():
            self._heart.join()
        self._give_back()

    def __iter__(self) -> Iterator[Event]:
        while self._waiting and self.is_held():
            try:
                yield self._waiting.popleft()
            except IndexError:  # given back in the meantime
                return

    def is_held(self) -> bool:
        """Whether nobody else can have taken the events up."""
        return time.monotonic() < self._held_until

    def _beat(self) -> None:
        seconds = headroom().delayed_lease_seconds / 3
        try:
            if self._is_over.wait(min(GIVE_BACK, seconds)):
                return
            self._try(self._give_back)
            while True:
                self._try(self._prolong)
                if self._is_over.wait(seconds):
                    return
        finally:
            connections.close_all()

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (DatabaseError, InterfaceError) as error:
            _log.warning("The lease on events of %s could not be seen to: %s", self._alias, error)
            connections[self._alias].close()

    def _give_back(self) -> None:
        while self._waiting:
            self._to_give_back.append(self._waiting.pop().pk)
        if self._to_give_back:
            release(self._alias, self._to_give_back, self._owner)
            self._to_give_back = []

    def _prolong(self) -> None:
        began = time.monotonic()
        rows = Event.objects.using(self._alias).filter(leased_by=self._owner)
        if rows.update(leased_until=lease_end(timezone.now())):
            self._held_until = began + headroom().delayed_lease_seconds
