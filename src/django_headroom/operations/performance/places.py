"""Which line of the project's own code is at work, among those of libraries."""

import sys
from collections.abc import Iterator
from functools import lru_cache
from types import FrameType
from typing import Any

from django.conf import settings

from django_headroom.conf import headroom

UNKNOWN = "unknown"
FRAMES_MOST = 60


def place_of_call() -> str:
    """The innermost line of the project in this thread's stack, as "package/module.py:12 function"."""
    return place_in(frames_from(sys._getframe(1)))


def place_in(frames: Iterator[FrameType]) -> str:
    """The first of these frames that is the project's own."""
    own = own_packages()
    for frame in frames:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(own) and module.partition(".")[0] in own:
            return written(frame)
    return UNKNOWN


def written(frame: FrameType) -> str:
    """Where a frame is: never what is in it."""
    name = frame.f_globals.get("__name__") or frame.f_code.co_filename
    return f"{name.replace('.', '/')}.py:{frame.f_lineno} {frame.f_code.co_name}"


def frames_from(frame: FrameType | None) -> Iterator[FrameType]:
    """From the innermost outwards."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def frames_of_task(task: Any) -> list[FrameType]:
    """Of a task that waits: from what it waits in outwards."""
    found: list[FrameType] = []
    coroutine = task.get_coro()
    while coroutine is not None and len(found) < FRAMES_MOST:
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None:
            found.append(frame)
        coroutine = getattr(coroutine, "cr_await", None)
    return found[::-1]


def own_packages() -> tuple[str, ...]:
    """``PERFORMANCE_PACKAGES``, or the package of the project's addresses."""
    return tuple(headroom().performance_packages) or _of_addresses(getattr(settings, "ROOT_URLCONF", None))


@lru_cache
def _of_addresses(module: str | None) -> tuple[str, ...]:
    return (module.partition(".")[0],) if module else ()
