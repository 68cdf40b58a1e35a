"""What a project puts around each receiver and each scheduled job, and what an event takes along for them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

around: list[Callable[[str], AbstractContextManager[Any]]] = []
"""Each is given the name of the receiver or job, and makes the block that it runs in."""

carried: dict[str, tuple[Callable[[], Any], Callable[[Any], AbstractContextManager[Any]]]] = {}
"""By a name: what gives, in plain JSON, what an event that is said takes along, and what makes of it the block in which
its receivers run. Where there is nothing to take along, and around scheduled jobs, the block is made of None."""


def taken_along() -> dict[str, Any]:
    """What an event that is said now takes along."""
    return {name: found for name, (take, _) in carried.items() if (found := take())}


@contextmanager
def surrounded(name: str, taken: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Run a receiver or a job in all of ``around``, and in what was taken along.

    >>> around.append(partial(recorded, "job"))
    """
    with ExitStack() as stack:
        for key, (_, hold) in carried.items():
            stack.enter_context(hold((taken or {}).get(key)))
        for make in around:
            stack.enter_context(make(name))
        yield
