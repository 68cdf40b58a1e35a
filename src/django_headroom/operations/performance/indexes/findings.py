"""What the watch has found: one sentence about one index."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Something to look at.

    Args:
        kind: "missing", "broken", "unused", "doubled", "bloated" or "cold".
        name: of the index; of one that is missing, how it is declared.
        why: the numbers that speak for it, and what to do.
    """

    kind: str
    database: str
    table: str
    name: str
    why: str
