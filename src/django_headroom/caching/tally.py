"""How often something happened that nobody was told of: the misses of a store that were no misses."""

import threading
from collections import Counter


class Tally:
    """Counts by name, exact over the threads of a process.

    >>> tally = Tally()
    >>> tally.note("foreign")
    >>> tally["foreign"], tally["late"]
    (1, 0)
    """

    def __init__(self) -> None:
        self.begin_afresh()

    def begin_afresh(self) -> None:
        """Count from nothing, as in a process that was forked off."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def note(self, what: str) -> None:
        """It happened once more."""
        with self._lock:
            self._counts[what] += 1

    def __getitem__(self, what: str) -> int:
        return self._counts[what]

    def all(self) -> dict[str, int]:
        """Everything that happened at all."""
        with self._lock:
            return dict(self._counts)
