"""What other machines have changed: the databases are asked, together for all pages that are being read."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor

from django.db import InterfaceError, OperationalError

from descant.discussion.models import Thread
from descant.discussion.reading import marks
from descant.forums.caches.sending import RestsOn
from descant.forums.models import Forum
from descant.site.front.pages import Page
from django_headroom.caching.slots import slots

SURE_SECONDS = 1.0  # a page may be old for so long, if it was changed on another machine
ASK_BEFORE = 0.5  # … and is asked for so long before, so that no reader waits
GATHER_SECONDS = 0.02
AT_ONCE = 500  # ids in a query
GLOBAL = "default"
_log = logging.getLogger(__name__)

Ask = Callable[[Collection[RestsOn]], set[RestsOn]]


class Elsewhere:
    """Asks, some pages at a time, whether what they rest on is as it was. For the thread of the loop.

    Args:
        ask: gives those that have changed; called in one of ``pool``.
    """

    def __init__(self, ask: Ask, pool: Executor) -> None:
        self._ask, self._pool = ask, pool
        self._pages: dict[int, Page] = {}  # to ask for next
        self._asking: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # a database that does not answer holds one maker, not all

    def begin(self, page: Page) -> "asyncio.Task[None]":
        """Ask for a page, soon, with others; whoever waits for it finds the slots of what has changed raised."""
        self._pages[id(page)] = page
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._asked())
        return self._asking

    async def _asked(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        async with self._turn:
            pages, self._pages, self._asking = [*self._pages.values()], {}, None
            began = time.monotonic()
            rests = {page.rests_on for page in pages}
            changed = await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, rests)
        for page in pages:
            if page.rests_on not in changed:
                page.sure_until = began + SURE_SECONDS


def raise_what_changed(rests: Collection[RestsOn]) -> set[RestsOn]:
    """Those of which the databases say something else; their slots are raised, for all processes of this machine.

    A database that is out of reach says nothing else.
    """
    try:
        changed = set(_changed(rests))
    except (OperationalError, InterfaceError) as error:
        _log.warning("Nobody can say what other machines have changed: %s", error)
        return set()
    told = {slot for each in changed for slot in marks.slots_of(each.forum_id, each.thread_id)}
    if told:
        slots().raise_slots(*told)
    return changed


def _changed(rests: Collection[RestsOn]) -> Iterable[RestsOn]:
    """Asked of the primaries: a replica may not have heard of it."""
    forums = {
        pk: (revision, partition)
        for few in _some(each.forum_id for each in rests)
        for pk, revision, partition in Forum.objects.using(GLOBAL)
        .filter(pk__in=few)
        .values_list("pk", "revision", "partition")
    }
    threads: dict[str, set[int]] = defaultdict(set)
    for each in rests:
        if each.forum_id in forums and each.thread_id is not None:
            threads[forums[each.forum_id][1]].add(each.thread_id)
    versions = {
        pk: version
        for alias, ids in threads.items()
        for few in _some(ids)
        for pk, version in Thread.objects.using(alias).filter(pk__in=few).values_list("pk", "version")
    }
    for each in rests:
        revision, _ = forums.get(each.forum_id, (None, ""))
        if revision != each.revision or versions.get(each.thread_id, 0) != each.version:
            yield each


def _some(ids: Iterable[int]) -> Iterable[list[int]]:
    every = sorted(set(ids))
    return (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE))
