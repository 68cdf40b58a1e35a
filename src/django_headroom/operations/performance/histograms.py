"""How long things took, as sixteen counts: each for twice the time of the one before, from under a millisecond on."""

from collections.abc import Sequence

COLUMNS = tuple(f"b{number}" for number in range(16))
"""The columns of a row that hold them: of those below 1 ms, 2 ms, 4 ms … and of all above 16 s."""


def bucket(ms: float) -> int:
    """Which of the counts a time belongs to.

    >>> bucket(0.4), bucket(1.0), bucket(3.9), bucket(1e9)
    (0, 1, 2, 15)
    """
    return min(len(COLUMNS) - 1, int(ms).bit_length())


def percentile(counts: Sequence[int], part: float) -> float:
    """The milliseconds below which a part of the times lie; within a count they are taken to be spread evenly.

    >>> percentile([0, 0, 10] + [0] * 13, 0.5)
    3.0
    """
    wanted, before = part * sum(counts), 0
    for number, count in enumerate(counts):
        if count and before + count >= wanted:
            low = 2.0 ** (number - 1) if number else 0.0
            return low + (2.0**number - low) * (wanted - before) / count
        before += count
    return 0.0
