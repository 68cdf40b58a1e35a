"""Turns at a file, over threads and processes: waited for in order, woken at once, and not for ever.

Whose turn it is, is a lock of the operating system (``flock``), let go when its holder dies. It can be waited for with
no time-out, so nobody waits for it: who finds it taken waits for a bell, a named pipe beside the file, that each
holder rings as she leaves. A ring that nobody hears stays in the pipe, so it is never too early.
"""

import fcntl
import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_AGAIN = 0.25  # seconds after which who waits looks by herself: a holder that was killed has rung no bell
# Whether the system can wake only the first of those who wait, and tell who comes later that they do (Linux).
IN_ORDER = hasattr(select, "EPOLLEXCLUSIVE") and hasattr(fcntl, "F_OFD_SETLK")
_RINGS = 4096
_MARK = struct.Struct("@hhqqi0q")  # struct flock: kind, whence, start, length, process


class Turns:
    """One connection's place in the queue at a file; the queue stands in ``NAME-queue`` and ``.NAME-bell``."""

    def __init__(self, file: str) -> None:
        # Hidden, so that nobody copies it by NAME*: a pipe is read for ever.
        bell = Path(file).with_name(f".{Path(file).name}-bell")
        with suppress(FileExistsError):
            os.mkfifo(bell, 0o600)
        self._bell = os.open(bell, os.O_RDWR | os.O_NONBLOCK)
        self._lock = os.open(f"{file}-queue", os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, seconds: float) -> bool:
        """Wait for a turn, behind those who wait already; False if it has not come in so many seconds."""
        return (not self._is_awaited() and self._try()) or self._wait(time.monotonic() + seconds)

    def end(self) -> None:
        """Let the next one go on."""
        self._hear(_RINGS)  # one is enough
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        os.write(self._bell, b"!")

    def close(self) -> None:
        """Leave the queue."""
        os.close(self._lock)
        os.close(self._bell)

    def _wait(self, until: float) -> bool:
        with self._standing_in_line() as listen:
            while (left := until - time.monotonic()) > 0:
                listen(min(left, LOOK_AGAIN))
                self._hear(1)
                if self._try():
                    return True
        return False

    def _try(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _hear(self, rings: int) -> None:
        with suppress(BlockingIOError):
            os.read(self._bell, rings)

    @contextmanager
    def _standing_in_line(self) -> Iterator[Callable[[float], object]]:
        """Gives a function that waits for the bell, for so many seconds at most."""
        if not IN_ORDER:
            yield lambda seconds: select.select([self._bell], [], [], seconds)
            return
        self._mark(fcntl.F_RDLCK)
        try:
            with select.epoll() as line:
                line.register(self._bell, select.EPOLLIN | select.EPOLLEXCLUSIVE)
                yield line.poll
        finally:
            self._mark(fcntl.F_UNLCK)

    def _mark(self, kind: int) -> None:
        """Show others that we wait, by a lock of another sort on the same file, which dies with us as well."""
        fcntl.fcntl(self._lock, fcntl.F_OFD_SETLK, _MARK.pack(kind, 0, 0, 1, 0))

    def _is_awaited(self) -> bool:
        if not IN_ORDER:
            return False
        asked = fcntl.fcntl(self._lock, fcntl.F_OFD_GETLK, _MARK.pack(fcntl.F_WRLCK, 0, 0, 1, 0))
        return bool(_MARK.unpack(asked)[0] != fcntl.F_UNLCK)
