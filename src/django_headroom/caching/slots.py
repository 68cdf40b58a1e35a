"""Slots: numbers in memory that all processes of a machine share; they tell, in no time, that what is kept is old.

Whoever has changed something raises its slot, after the commit. Whoever keeps something made of it remembers the last
number that was given *before* it was read; it is fresh as long as no slot that it rests on holds a later one.
"""

import fcntl
import mmap
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from zlib import crc32

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from django_headroom.conf import headroom

COUNT = 1 << 20  # slots; two things that share one cost each other a making, and nothing else
EVERYTHING = 1  # the slot on which all rests
_LAST = 0  # where the last number stands that was given
_FIRST = 512  # the slots begin a page of memory further
_BYTES = 8 * (_FIRST + COUNT)
_NANOSECONDS = 1_000_000_000


def slot_of(kind: str, key: object) -> int:
    """The slot of a thing, the same in every process and on every machine.

    >>> slot_of("shop", 7) == slot_of("shop", "7") != slot_of("item", 7)
    True
    """
    return _FIRST + crc32(f"{kind}/{key}".encode()) % COUNT


class SharedMemory:
    """A file that is mapped into the memory of each process of a machine.

    Args:
        path: the file; None: memory of this process alone.

    Raises:
        OSError: there is no room, or the file may not be used.
    """

    def __init__(self, path: Path | None, size: int) -> None:
        self._file = _opened(path, size) if path else None
        self.memory = mmap.mmap(-1 if self._file is None else self._file, size)
        self._turn = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One changes it at a time. The lock is the kernel's: it ends with a process that is killed."""
        with self._turn:
            if self._file is None:
                yield
                return
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1)


class Slots(SharedMemory):
    """A table of numbers in a file that is mapped into memory; eight bytes are read and written as one.

    Numbers are given in one order on a machine, each later than all before. They are nanoseconds where the clock
    allows, so a table that was lost begins again beyond what it had; only ``lately`` compares them with a clock.

    Args:
        path: the file, best in ``/dev/shm``; None: memory of this process alone.

    Raises:
        OSError: there is no room, or the file may not be used.

    >>> slots = Slots(None)
    >>> seen = slots.last()  # … now read from the database, and keep what was made of it …
    >>> bread = slot_of("shop", 7)
    >>> slots.is_fresh(seen, bread)
    True
    >>> slots.raise_slots(bread)  # somebody has changed it, and committed
    >>> slots.is_fresh(seen, bread)
    False

    After the lesson of deleted cache keys (spec E3): what a slow reader puts back is old by its number.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(path, _BYTES)
        self.words = memoryview(self.memory).cast("Q")  # for who asks fifty thousand times a second

    def last(self) -> int:
        """The last number that was given: whatever is read from here on is as new as that."""
        return self.words[_LAST]

    def is_fresh(self, seen: int, *slots: int) -> bool:
        """Whether none of these slots, and not everything, was raised after ``seen``."""
        words = self.words
        return words[EVERYTHING] <= seen and all(words[slot] <= seen for slot in slots)

    def lately(self, slot: int, seconds: float) -> bool:
        """Whether a slot was raised in the last seconds, so that a copy of the database may not have heard of it."""
        then = time.time_ns() - int(seconds * _NANOSECONDS)
        return max(self.words[slot], self.words[EVERYTHING]) > then

    def raise_slots(self, *slots: int) -> None:
        """Make old what rests on one of these; call it after the commit, and before anybody is answered."""
        with self.alone():
            number = max(self.words[_LAST] + 1, time.time_ns())
            self.words[_LAST] = number  # first: who reads it from now on reads what was committed
            for slot in slots:
                self.words[slot] = number

    def raise_everything(self) -> None:
        """Make old whatever is kept, as after a database was restored."""
        self.raise_slots(EVERYTHING)


@cache
def slots() -> Slots:
    """The table of this process, in the file that ``HEADROOM["FRESHNESS_FILE"]`` names."""
    path = headroom().freshness_file
    try:
        return Slots(Path(path) if path else None)
    except OSError as error:
        raise ImproperlyConfigured(
            f"HEADROOM['FRESHNESS_FILE'] cannot be used, {error}: name a file that this user may write."
        ) from error


def _opened(path: Path, size: int) -> int:
    """The file, made if there is none; all its room is taken at once, for memory that runs short later kills."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        file = os.open(path, flags)
    except FileNotFoundError:
        file = os.open(path, flags | os.O_CREAT, 0o600)
    try:
        if os.fstat(file).st_uid not in (os.geteuid(), 0):
            raise PermissionError(f"{path} is somebody else's")
        os.posix_fallocate(file, 0, size)
    except OSError:
        os.close(file)
        raise
    return file


def _forget(*, setting: str, **_: object) -> None:
    if setting == "HEADROOM":
        slots.cache_clear()


setting_changed.connect(_forget)
