"""All comments of a partition in the order of time, each with its place in its tree; nothing is kept but open threads.

The same plan always gives the same stream, so a run that was killed makes it once more and leaves out what is written.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from descant.discussion.tree.paths import LEVELS, WIDTH, component_at, counted_in
from descant.operate.like_talk.sizes import Shares, rank_of, scattered, threads_of

DAY = 86_400_000_000  # microseconds
BLOCK = 50  # comments of a thread that answer each other; the next fifty begin anew
SHAPES = 16
REPLIES_OF_100 = 60
_STEM = (LEVELS - 1) * WIDTH
_WHOLE = 1 << 62


class Home(NamedTuple):
    """A forum of the stream."""

    number: int
    id: int
    comments: int
    opened: int  # microseconds since 1970, as all times here


class Line(NamedTuple):
    """A comment: whose it is, when it was written, and where it stands."""

    number: int  # among the partition's comments, in the order of time
    id: int
    forum_id: int
    thread_id: int
    parent_id: int | None
    moment: int
    version: int
    path: bytes
    replies: int


class Opened(NamedTuple):
    """A thread, as it is from its first comment on; ``first`` is that comment's number."""

    id: int
    home: Home
    number: int
    comments: int
    moment: int
    first: int


class _Thread:
    """A thread that is written in."""

    __slots__ = ("begin", "comments", "home", "id", "life", "number", "paths", "shape", "written")

    def __init__(self, home: Home, number: int, comments: int, begin: int, life: int) -> None:
        self.home, self.number, self.comments = home, number, comments
        self.begin, self.life = begin, life
        self.id = self.written = 0
        self.paths: list[bytes] = []
        self.shape: tuple[Sequence[int], Sequence[int]] = ((), ())

    def next_moment(self) -> int:
        """Most is said soon, and the rest ever more slowly."""
        share = (self.written + self.written * 0.618034 % 1) / self.comments
        return self.begin + int(self.life * share * (0.1 + 0.9 * share * share))


class Stream:
    """The comments of some forums up to a moment; ids are those of two ranges."""

    def __init__(self, homes: Sequence[Home], shares: Shares, until: int, ids: tuple[range, range]) -> None:
        self._shares, self._until = shares, until
        self._thread_ids, self._comment_ids = ids
        self._heap = [
            (thread.begin, n, thread) for n, home in enumerate(homes) if (thread := self._after(home, -1))
        ]
        self._opened: list[Opened] = []

    def take_opened(self) -> Sequence[Opened]:
        """The threads that have begun since this was asked last."""
        opened, self._opened = self._opened, []
        return opened

    def __iter__(self) -> Iterator[Line]:
        heap, ids = self._heap, self._comment_ids
        heapq.heapify(heap)
        opened, ties, number = 0, len(heap), 0
        while heap:
            moment, _, thread = heap[0]
            if thread.written == 0:
                thread.id = self._thread_ids[opened]
                self._opened.append(
                    Opened(thread.id, thread.home, thread.number, thread.comments, moment, number)
                )
                if (following := self._after(thread.home, thread.number)) is not None:
                    heapq.heappush(heap, (following.begin, ties := ties + 1, following))
                opened += 1
            yield _say(thread, number, ids[number], moment)
            number += 1
            if thread.written < thread.comments:
                heapq.heapreplace(heap, (thread.next_moment(), ties := ties + 1, thread))
            else:
                heapq.heappop(heap)

    def _after(self, home: Home, number: int) -> _Thread | None:
        """A forum's next thread in which anything is said."""
        threads = threads_of(home.comments)
        for each in range(number + 1, threads):
            comments = self._shares.share(home.comments, threads, rank_of(each, threads, home.number))
            if comments:
                chance = scattered(home.number << 32 | each) / _WHOLE
                begin = home.opened + int((self._until - home.opened) * (each + chance) / threads)
                life = min(int(DAY * (1 + 60 * chance**4) * comments**0.3), self._until - begin)
                return _Thread(home, each, comments, begin, life)
        return None


def _say(thread: _Thread, number: int, key: int, moment: int) -> Line:
    at = thread.written % BLOCK
    if at == 0:
        thread.paths = []
        block = (thread.number + thread.written // BLOCK) % SHAPES
        thread.shape = shape(block, min(BLOCK, thread.comments - thread.written))
    parents, replies = thread.shape
    parent = parents[at]
    above = thread.paths[parent] if parent >= 0 else b""
    path = above[:_STEM] + component_at(moment, key)
    thread.paths.append(path)
    thread.written += 1
    parent_id = int.from_bytes(above[-8:], "big") if above else None
    return Line(number, key, thread.home.id, thread.id, parent_id, moment, thread.written, path, replies[at])


@cache
def shape(number: int, size: int) -> tuple[Sequence[int], Sequence[int]]:
    """Of so many comments: which answers which (-1: none), and how many replies each has in the end."""
    dice = Random(number)
    parents, paths, replies = [-1], [component_at(0, 0)], [0] * size
    for key in range(1, size):
        parent = max(0, key - dice.randint(1, 12)) if dice.randrange(100) < REPLIES_OF_100 else -1
        parents.append(parent)
        paths.append((paths[parent][:_STEM] if parent >= 0 else b"") + component_at(0, key))
        for above in counted_in(paths[key], parent if parent >= 0 else None):
            replies[above] += 1
    return parents, replies


def homes_by_partition(homes: Iterable[Home], partitions: Sequence[str]) -> dict[str, list[Home]]:
    """Each forum in its partition: in turn, as the directory says too."""
    found: dict[str, list[Home]] = {alias: [] for alias in partitions}
    for home in homes:
        found[partitions[home.number % len(partitions)]].append(home)
    return found
