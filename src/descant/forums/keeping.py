"""What is known of a forum besides its own row, kept in the process for some seconds: bans, rules, keys."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, transaction

from descant.forums.models import Forum
from django_headroom.caching.slots import slot_of, slots
from django_headroom.conf import headroom
from django_headroom.replicas import read

GLOBAL = "default"
Kind = TypeVar("Kind")


class KeptByForum(Generic[Kind]):
    """One thing for each forum. While the global database is out of reach the last copy goes on being used, as the
    directory's does: who writes is kept waiting by the partition of her forum alone.

    Args:
        kind: what it is, in a word.
        load: what it is of a forum, read from this copy of the global database.
    """

    def __init__(
        self,
        kind: str,
        load: Callable[[Forum, str], Kind],
        *,
        seconds: float = 5.0,
        most: int = 5_000,
    ) -> None:
        self._changed = slot_of("kept", kind)
        self._load, self.seconds, self.most = load, seconds, most
        self._kept: dict[int, tuple[Kind, float]] = {}

    def of(self, forum: Forum) -> Kind:
        kept = self._kept.get(forum.pk)
        if kept is None or kept[1] < time.monotonic():
            kept = self._renew(forum, kept)
        return kept[0]

    def forget(self) -> None:
        """Drop all copies of this process."""
        self._kept.clear()

    def tell_changed(self) -> None:
        """After a change: no process of this machine reads it from a replica that may not have heard of it."""
        self.forget()
        transaction.on_commit(lambda: slots().raise_slots(self._changed), using=GLOBAL)

    def _is_settled(self, _found: object) -> bool:
        return not slots().lately(self._changed, headroom().replica_position_seconds)

    def _renew(self, forum: Forum, kept: tuple[Kind, float] | None) -> tuple[Kind, float]:
        try:
            found = read(GLOBAL, lambda alias: self._load(forum, alias), own=False, enough=self._is_settled)
        except (OperationalError, InterfaceError):
            if kept is None:
                raise
            found = kept[0]
        if len(self._kept) >= self.most:
            self._kept.clear()
        self._kept[forum.pk] = renewed = (found, time.monotonic() + self.seconds)
        return renewed
