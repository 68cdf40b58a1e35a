"""What is to be done when the server is asked to end, while it still waits for those whom it answers."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def before_the_end(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Call it on the loop when one of SIGNALS comes, after whoever listens for it already; for the main thread.

    Granian tells an application that it ends only after the last answer, and an event stream has no end of its own.
    """

    def listening(before: Any) -> Callable[[int, FrameType | None], None]:
        def heard(number: int, frame: FrameType | None) -> None:
            if callable(before):
                before(number, frame)
            loop.call_soon_threadsafe(call)

        return heard

    for number in SIGNALS:
        signal.signal(number, listening(signal.getsignal(number)))
