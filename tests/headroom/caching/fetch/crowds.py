"""Many readers at once, in several processes; what they got, and how often it was made."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from django_headroom.caching import Fetched, Made, Store, fetch
from tests.headroom.market.threads import together

PROCESSES, THREADS = 4, 50
TIMES: dict[str, Any] = {"soft": 60, "hard": 600}

_fork = multiprocessing.get_context("fork")


class Maker:
    """Makes a value, slowly, and counts over all processes how often."""

    def __init__(self, value: bytes = b"new", version: int | None = None, *, seconds: float = 0.2) -> None:
        self.value, self.version, self.seconds = value, version, seconds
        self._count = _fork.Value("i", 0)

    def __call__(self) -> Made:
        with self._count.get_lock():
            self._count.value += 1
        time.sleep(self.seconds)
        return Made(self.value, self.version)

    @property
    def count(self) -> int:
        return int(self._count.value)


class Doomed(Maker):
    """A maker whose process is killed in the middle of it."""

    def __call__(self) -> Made:
        super().__call__()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("it was killed")


def crowd(read: Callable[[], Fetched]) -> list[Fetched]:
    """What 200 readers got, who came at the same moment: 50 in each of 4 processes."""
    ready, heard = _fork.Barrier(PROCESSES), _fork.SimpleQueue()

    def run() -> None:
        ready.wait(30)
        heard.put(together(THREADS, lambda _: read()))

    started = [_fork.Process(target=run, daemon=True) for _ in range(PROCESSES)]
    for process in started:
        process.start()
    found: list[Any] = [each for _ in started for each in heard.get()]
    for process in started:
        process.join(30)
        assert process.exitcode == 0
    return found


def killed(read: Callable[[], Fetched]) -> None:
    """One reader in a process of its own, which is killed."""
    process = _fork.Process(target=read, daemon=True)
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


@contextmanager
def paused_maker(kept: Store, made: Made, **more: Any) -> Iterator[Future[Fetched]]:
    """Somebody who has read what she makes it from, and is paused until the block ends."""
    has_read, go_on = Event(), Event()

    def make() -> Made:
        has_read.set()
        go_on.wait(30)
        return made

    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(lambda: fetch("page", make, store=kept, **{**TIMES, **more}))
        has_read.wait(30)
        try:
            yield making
        finally:
            go_on.set()
