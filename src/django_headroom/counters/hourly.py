"""``Hours``: how often each of many did something in this hour, over all processes of a machine, without a query."""

import logging
import struct
import time
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.core.signals import setting_changed

from django_headroom.caching.slots import SharedMemory
from django_headroom.counters.gathering import buffer_folder

HOUR = 3_600
CELLS = 1 << 17  # two megabytes
NEAR = 8  # cells in which a subject may have its number
FILE = "hours"
_CELL = struct.Struct("=QII")  # a digest of the subject, the hour since 1970, how often
_MOST = (1 << 32) - 1

_log = logging.getLogger(__name__)


class Hours(SharedMemory):
    """Numbers that begin anew with each hour of UTC, in memory of a fixed size. Subjects are kept as keyed digests.

    Args:
        path: a file on a local disk; None: this process counts for itself.

    Raises:
        OSError: there is no room, or the file may not be used.

    >>> hours = Hours(None)
    >>> hours.count("address/192.0.2.1")
    1
    >>> hours.count("address/192.0.2.1")
    2
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(path, CELLS * _CELL.size)

    def count(self, subject: str, now: float | None = None) -> int:
        """Count once more.

        Returns:
            How often in this hour, this time included.
        """
        hour = int(time.time() if now is None else now) // HOUR
        who = _digest(subject)
        with self.alone():
            place, before = self._place(who, hour)
            count = min(before + 1, _MOST)
            _CELL.pack_into(self.memory, place, who, hour, count)
        return count

    def _place(self, who: int, hour: int) -> tuple[int, int]:
        """Where its number is and what it was; else of the cells that are near the one that is missed least."""
        missed: list[tuple[int, int]] = []
        for place in _near(who):
            owner, since, count = _CELL.unpack_from(self.memory, place)
            if since == hour and owner == who:
                return place, count
            missed.append((count if since == hour else 0, place))
        return min(missed)[1], 0


def seconds_left(now: float | None = None) -> int:
    """How long this hour lasts."""
    return HOUR - int(time.time() if now is None else now) % HOUR


@cache
def hours() -> Hours:
    """The numbers of this machine, in ``HEADROOM["COUNTERS_FOLDER"]``; where no file can be used, of this process."""
    try:
        folder = buffer_folder()
        return Hours(folder / FILE if folder else None)
    except OSError as error:
        _log.warning("Each process counts hours for itself, for they can share no file: %s", error)
        return Hours(None)


def _near(who: int) -> Iterator[int]:
    return ((who + step) % CELLS * _CELL.size for step in range(NEAR))


def _digest(subject: str) -> int:
    key = settings.SECRET_KEY.encode()[:64]
    return int.from_bytes(blake2b(subject.encode(), digest_size=8, key=key).digest(), "big")


def _forget(*, setting: str, **_: object) -> None:
    if setting == "HEADROOM":
        hours.cache_clear()


setting_changed.connect(_forget)
