"""What a project puts around each receiver and each scheduled job: to record it, or to report what it raises."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

around: list[Callable[[str], AbstractContextManager[Any]]] = []
"""Each is given the name of the receiver or job, and makes the block that it runs in."""


@contextmanager
def surrounded(name: str) -> Iterator[None]:
    """Run a receiver or a job in all of ``around``.

    >>> around.append(partial(recorded, "job"))
    """
    with ExitStack() as stack:
        for make in around:
            stack.enter_context(make(name))
        yield
