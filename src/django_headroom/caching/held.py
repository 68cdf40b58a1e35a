"""What a store is: bytes held by name for a time, and put anew only where nobody else was quicker."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

ABSENT = 0
"""As a token: only where nothing is held."""


class Held(NamedTuple):
    """What a store holds under a name."""

    value: bytes
    token: int
    """For compare-and-set, by the process that got it; it says nothing else."""


class Store(Protocol):
    """No method raises for what a server or a disk does or fails to do: that is a miss, or False."""

    def get(self, key: str) -> Held | None:
        """What is held under a name."""

    def get_many(self, keys: Sequence[str]) -> dict[str, Held]:
        """What is held of many."""

    def put(self, key: str, value: bytes, *, seconds: float, token: int | None = None) -> bool:
        """Hold a value for a time; False: it is not held.

        Args:
            token: None: whatever is there; ABSENT: only where nothing is; else: only if unchanged since it was got.
        """

    def put_many(
        self, values: Mapping[str, bytes], *, seconds: float, tokens: Mapping[str, int] | None = None
    ) -> None:
        """Hold many.

        Args:
            tokens: name -> token, as for ``put``; a name without one is put whatever is there.
        """

    def drop(self, key: str) -> None:
        """Hold it no longer."""
