"""How many may watch: in a process, of a forum and from one address."""

import resource
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

OTHERS = 2_048  # open files that are left for everything else


class Limits(NamedTuple):
    """How many streams of one process."""

    all_most: int
    of_forum_most: int
    of_address_most: int


class Admitted:
    """Those who watch. For the thread of the loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.count = 0
        self._by_forum: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()

    def number(self) -> int:
        """How many there are."""
        return self.count

    def refusal(self, forum: str, address: str) -> int:
        """The status by which one more is refused; 0 if she may."""
        if self.count >= self.limits.all_most or self._by_forum[forum] >= self.limits.of_forum_most:
            return 503
        return 429 if self._by_address[address] >= self.limits.of_address_most else 0

    def add(self, forum: str, address: str, by: int = 1) -> None:
        """One more, or fewer."""
        self.count += by
        for counter, key in ((self._by_forum, forum), (self._by_address, address)):
            counter[key] += by
            if not counter[key]:
                del counter[key]


def files_for(streams: int) -> int:
    """How many streams there are files for, after this process has asked for as many as it may have."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return streams if soft == resource.RLIM_INFINITY else max(0, min(streams, soft - OTHERS))
