"""Caches on the way are told what has changed: at once by the process that changed it, of comments by the worker too.

What a process has to tell it gathers for a tenth of a second: of a thread with five hundred comments a second it tells
ten times. What it cannot tell any more, for it died, the worker tells when it hears of the comment.
"""

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.conf import settings

from descant.egress import Bounds, EgressFailed, EgressRefused, ask

PAUSE = 0.1  # seconds
TAGS_MOST = 100  # of one question: a line of HTTP has a length
BOUNDS = Bounds(seconds=2.0, inside=True)
REST = 5.0  # seconds: a cache that does not answer costs its time-out once, and then nothing

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
        while tags := self._taken():
            try:
                purge(sorted(tags))
            except NotPurged as failed:
                _log.warning("A cache was not told what has changed: %s", failed)
            time.sleep(PAUSE)

    def _taken(self) -> set[str]:
        with self._lock:
            tags, self._tags = self._tags, set()
            self._is_telling = bool(tags)
            return tags


_teller = _Teller()
