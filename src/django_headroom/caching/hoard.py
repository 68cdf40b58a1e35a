"""``Hoard``: what a process keeps for itself, bounded in bytes; a crawler that walks everything drives nothing out."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")

TRIAL = 0.1  # the share of the room for what nobody has asked for twice yet
_HITS_MOST = 3  # that are remembered: so often a key that is asked for no more is spared


@dataclass(slots=True)
class _Place(Generic[Kept]):
    value: Kept
    size: int
    hits: int = 0
    is_trusted: bool = False


class Hoard(Generic[Key, Kept]):
    """Values by key, the useful ones for as long as there is room. For one thread.

    What is new is on trial in a tenth of the room. What is asked for again there is trusted with the rest of it; what
    is not goes, and its key is remembered for a while, so that it is trusted when it comes back.

    Args:
        room: bytes, as ``put`` is told them.
        gone: called with the key and the value of whatever is dropped.

    >>> hoard = Hoard(room=1_000_000)
    >>> hoard.put("gazette/1", page, size=5_000)
    >>> hoard.get("gazette/1")

    After S3-FIFO (Yang and others, "FIFO queues are all you need for cache eviction", 2023).
    """

    def __init__(self, room: int, gone: Callable[[Key, Kept], None] | None = None) -> None:
        self.room, self._gone = room, gone
        self.held = 0  # bytes
        self._places: dict[Key, _Place[Kept]] = {}
        self._trial: OrderedDict[Key, None] = OrderedDict()
        self._trusted: OrderedDict[Key, None] = OrderedDict()
        self._remembered: OrderedDict[Key, None] = OrderedDict()
        self._on_trial = 0  # bytes

    def __len__(self) -> int:
        return len(self._places)

    def get(self, key: Key) -> Kept | None:
        """What is kept for a key."""
        place = self._places.get(key)
        if place is None:
            return None
        if place.hits < _HITS_MOST:
            place.hits += 1
        return place.value

    def peek(self, key: Key) -> Kept | None:
        """The same for somebody whose asking does not count."""
        place = self._places.get(key)
        return place.value if place else None

    def put(self, key: Key, value: Kept, size: int) -> None:
        """Keep a value, in the place of the one that was kept for the key; not if it alone is too large."""
        place = self._places.get(key)
        if place is not None:
            self._count(place, size - place.size)
            place.value, place.size = value, size
        elif size <= self.room * TRIAL:
            is_known = key in self._remembered
            self._remembered.pop(key, None)
            self._places[key] = place = _Place(value, 0, is_trusted=is_known)
            self._count(place, size)
            place.size = size
            (self._trusted if is_known else self._trial)[key] = None
        while self.held > self.room:
            self._make_room()

    def drop(self, key: Key) -> None:
        """Keep nothing for a key."""
        place = self._places.get(key)
        if place is not None:
            del (self._trusted if place.is_trusted else self._trial)[key]
            self._let_go(key, place)

    def _make_room(self) -> None:
        if self._trial and (self._on_trial > self.room * TRIAL or not self._trusted):
            key, _ = self._trial.popitem(last=False)
            place = self._places[key]
            if place.hits:
                self._trust(key, place)
            else:
                self._let_go(key, place)
                self._remember(key)
        else:
            key, _ = self._trusted.popitem(last=False)
            place = self._places[key]
            if place.hits:
                place.hits -= 1
                self._trusted[key] = None
            else:
                self._let_go(key, place)

    def _trust(self, key: Key, place: _Place[Kept]) -> None:
        self._on_trial -= place.size
        place.is_trusted, place.hits = True, 0
        self._trusted[key] = None

    def _remember(self, key: Key) -> None:
        """As many keys as values are kept."""
        self._remembered[key] = None
        while len(self._remembered) > max(len(self._places), 1):
            self._remembered.popitem(last=False)

    def _let_go(self, key: Key, place: _Place[Kept]) -> None:
        del self._places[key]
        self._count(place, -place.size)
        if self._gone is not None:
            self._gone(key, place.value)

    def _count(self, place: _Place[Kept], more: int) -> None:
        self.held += more
        if not place.is_trusted:
            self._on_trial += more
