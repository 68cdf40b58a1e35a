"""Threads that were written in lately, kept in the process for half a minute: a busy thread's posts look nothing up.

What is kept may be a little old, and whoever writes is told by the database: an act that hangs on the thread's row
finds it closed or gone, and then forgets it here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Thread
from descant.forums.models import Forum

KEPT_SECONDS = 30.0
KEPT_MOST = 10_000
_COLUMNS = [field.attname for field in Thread._meta.concrete_fields]


@dataclass(frozen=True)
class _Kept:
    alias: str | None
    values: Sequence[Any]
    until: float


_kept: dict[tuple[int, str, str], _Kept] = {}


def thread_lately(forum: Forum, page: PageAddress) -> Thread | None:
    """A thread of one's own to change, as it was when it was looked up."""
    kept = _kept.get((forum.pk, page.identifier, page.url))
    if kept is None or kept.until < time.monotonic():
        return None
    found: Thread = Thread.from_db(kept.alias, _COLUMNS, kept.values)
    return found


def keep(forum: Forum, page: PageAddress, thread: Thread) -> None:
    """Remember which thread a page has."""
    if len(_kept) >= KEPT_MOST:
        _kept.clear()
    values = [getattr(thread, name) for name in _COLUMNS]
    until = time.monotonic() + KEPT_SECONDS
    _kept[forum.pk, page.identifier, page.url] = _Kept(thread._state.db, values, until)


def forget() -> None:
    """Drop all of it."""
    _kept.clear()
