"""Many at once: threads that begin together, and give their database connections back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

Found = TypeVar("Found")

# The databases that a test may use. The replica only mirrors a partition, so one transaction cannot hold both.
DATABASES = ["default", "people", "p1", "p2"]


def together(count: int, act: Callable[[int], Found]) -> list[Found]:
    """What ``act(number)`` returns in each of ``count`` threads that begin at the same moment."""
    barrier = Barrier(count)

    def run(number: int) -> Found:
        barrier.wait()
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def until(is_so: Callable[[], object], otherwise: str, seconds: float = 60.0) -> None:
    """Wait for something, with patience."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)
