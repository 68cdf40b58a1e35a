"""Time that stands still: what an application reads as now is what the test says, until it moves it on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from unittest import mock

from django.utils import timezone


class Clock:
    """What ``frozen_time`` yields.

    >>> clock.move(minutes=5)
    """

    def __init__(self, now: datetime) -> None:
        self.now = now

    def move(self, **by: float) -> None:
        """Set it on, or back: ``days``, ``hours``, ``minutes``, ``seconds`` … as of a ``timedelta``."""
        self.now += timedelta(**by)


@contextmanager
def frozen_time(at: datetime | str | None = None) -> Iterator[Clock]:
    """For a block: ``timezone.now`` of Django and ``time.time`` stand still, in all threads.

    So do fields with ``auto_now`` or ``default=timezone.now``, signed values, sessions, and the ages of keys in a cache
    of this process. What waits goes on to wait: ``time.monotonic``, ``time.sleep`` and time-outs run.

    Args:
        at: a moment, or how it is written (``2026-11-26T10:00``), in UTC unless it says otherwise; None for now.

    >>> with frozen_time("2026-11-26T10:00") as clock:
    ...     comment = post_comment(...)
    ...     clock.move(minutes=16)
    ...     assert not comment.may_be_edited()
    """
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at or timezone.now()
    clock = Clock(moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def read() -> float:
        return clock.now.timestamp()

    class Standing(datetime, metaclass=_LikeDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # it is no Standing
            there = clock.now.astimezone(tz)
            return there if tz else there.replace(tzinfo=None)

    # `timezone.now` looks the word up when it is called, so that whoever has it by another name is served as well.
    with (
        mock.patch.object(timezone, "datetime", Standing),
        mock.patch.object(time, "time", read),
    ):
        yield clock


class _LikeDatetime(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, datetime)
