"""Caches on the way are told what has changed: at once by the process that changed it, and once more by the worker.

What a process has to tell it gathers for a tenth of a second: of a thread with five hundred comments a second it tells
ten times. What it cannot tell, for it died or the cache did not answer, the worker tells when it hears of the change.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.conf import settings

from descant.egress import Bounds, EgressFailed, EgressRefused, ask
from django_headroom.delayed.signals import DelayedSignal

PAUSE = 0.1  # seconds
TAGS_MOST = 100  # of one question: a line of HTTP has a length
BOUNDS = Bounds(seconds=2.0, inside=True)
# Another machine may answer a cache that was just told with what it has not heard is old: a page for a second, a forum
# for five. So where there are several, caches are told again so many seconds later.
AGAIN = (2.0, 8.0)
REST = 5.0  # seconds: a cache that does not answer costs its time-out once, and then nothing

# Of what is no comment: its forum_id, and the tags of what is old. Said only where there are caches to tell.
pages_aged = DelayedSignal("pages_aged", schema=1, tenant="forum_id")

_log = logging.getLogger(__name__)
_asleep_until: dict[str, float] = {}


class NotPurged(Exception):
    """A cache that was not reached, or that refused; it may be told again."""


def purge(tags: Iterable[str]) -> None:
    """Tell every cache of ``PURGES`` to drop what has one of these tags.

    Raises:
        NotPurged: of a cache that could not be told; the others were.
    """
    rest = iter(tags)
    failed = []
    while some := list(islice(rest, TAGS_MOST)):
        failed += [why for cache in settings.PURGES if (why := _tell(cache, some))]
    if failed:
        raise NotPurged(failed[-1])


def purge_soon(*tags: str) -> None:
    """Have the caches told in a moment, by a thread aside; where there are none, nothing is done."""
    if settings.PURGES:
        _teller.note(tags)


def purge_surely(*tags: str, at: str, forum_id: int) -> None:
    """Have them told by the worker, and again until they have heard, if the transaction on ``at`` is committed."""
    if settings.PURGES:
        pages_aged.say(at=at, forum_id=forum_id, tags=tags)


def _tell(cache: Mapping[str, Any], tags: Sequence[str]) -> str:
    """Ask one cache, in the header that Varnish and Fastly read; says why it was not done, if it was not."""
    url = cache["url"]
    if _asleep_until.get(url, 0.0) > time.monotonic():
        return f"{url} has not answered just now."
    headers = {"Surrogate-Key": " ".join(tags), **cache.get("headers", {})}
    try:
        answer = ask(url, body=b"", headers=headers, bounds=BOUNDS)
    except (EgressFailed, EgressRefused) as error:
        _asleep_until[url] = time.monotonic() + REST
        return str(error)
    return f"{url} answered {answer.status}." if answer.status >= 300 else ""


class _Teller:
    """Tells what was gathered: who writes does not wait for caches."""

    def __init__(self) -> None:
        self._tags: set[str] = set()
        self._again: list[tuple[float, set[str]]] = []  # when, and which
        self._lock = threading.Lock()
        self._is_telling = False

    def note(self, tags: Iterable[str]) -> None:
        with self._lock:
            self._tags.update(tags)
            begins, self._is_telling = not self._is_telling, True
        if begins:
            threading.Thread(target=self._tell, name="purging", daemon=True).start()

    def _tell(self) -> None:
        """Until nothing is left: the first at once, what comes meanwhile together."""
        try:
            while (tags := self._taken()) is not None:
                try:
                    purge(sorted(tags))
                except NotPurged as failed:
                    _log.warning("A cache was not told what has changed: %s", failed)
                time.sleep(PAUSE)
        except BaseException:
            self._is_telling = False  # the next who has something to tell begins anew
            raise

    def _taken(self) -> set[str] | None:
        """What is to be told now; None: nothing, and nothing later."""
        now = time.monotonic()
        with self._lock:
            tags, self._tags = self._tags, set()
            if tags and not settings.DESCANT_ONE_MACHINE:
                self._again += [(now + seconds, tags) for seconds in AGAIN]
            due = [which for when, which in self._again if when <= now]
            self._again = [each for each in self._again if each[0] > now]
            self._is_telling = bool(tags or due or self._again)
            return tags.union(*due) if self._is_telling else None


_teller = _Teller()
