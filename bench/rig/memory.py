"""What a walk over many rows keeps: the growth of the process's memory while rows pass."""

import gc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EVERY = 10_000


def growth_mb(rows: Iterable[Any]) -> tuple[int, float]:
    """Let rows pass, and return how many there were and the largest growth of resident memory, in megabytes.

    >>> growth_mb(range_iter(Item.objects.of(bakery)))
    (1000000, 1.4)
    """
    gc.collect()
    before = most = _resident_mb()
    count = 0
    for count, _ in enumerate(rows, start=1):
        if count % EVERY == 0:
            most = max(most, _resident_mb())
    return count, max(most, _resident_mb()) - before


def _resident_mb() -> float:
    kilobytes = next(
        line.split()[1]
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if line.startswith("VmRSS:")
    )
    return int(kilobytes) / 1_024
