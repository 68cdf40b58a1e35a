"""What a project puts around each receiver and each scheduled job: to record it, or to report what it raises."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

ORIGIN_LONGEST = 100

around: list[Callable[[str], AbstractContextManager[Any]]] = []
"""Each is given the name of the receiver or job, and makes the block that it runs in."""

origins: list[Callable[[], str]] = []
"""The first says, in a line, from where an event is said, such as the trace of a request; see ``origin``."""

_origin: ContextVar[str] = ContextVar("where what is told was said", default="")
origin = _origin.get
"""In a receiver, and in what is ``around`` it: the line that went with its event."""


@contextmanager
def surrounded(name: str, said_at: str = "") -> Iterator[None]:
    """Run a receiver or a job in all of ``around``.

    >>> around.append(partial(recorded, "job"))
    """
    token = _origin.set(said_at)
    try:
        with ExitStack() as stack:
            for make in around:
                stack.enter_context(make(name))
            yield
    finally:
        _origin.reset(token)


def origin_of_now() -> str:
    """The line that goes with an event that is said now."""
    return origins[0]()[:ORIGIN_LONGEST] if origins else ""
