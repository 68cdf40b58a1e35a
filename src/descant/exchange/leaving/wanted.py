"""What is to be written: the forum, the state of its database that is read, whether people's addresses go along."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from descant.forums.models import Forum

Rows = TypeVar("Rows", bound=list[Any])


@dataclass(slots=True)
class Wanted:
    """One export; `personal` lets e-mail addresses, and what stands for network addresses, be written."""

    forum: Forum
    alias: str
    personal: bool = False
    watcher: Callable[[int], None] = field(default=lambda _: None)
    done: int = 0

    def count(self, rows: int) -> None:
        """So many rows more are written."""
        self.done += rows
        self.watcher(self.done)

    def reach(self, chunks: Iterable[Rows]) -> Iterator[Rows]:
        """The chunks, each counted when the next is asked for."""
        for chunk in chunks:
            yield chunk
            self.count(len(chunk))
