"""What nobody here was told of: the databases are asked in the background, for all pages that are being read."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from math import inf

from django.db import InterfaceError, OperationalError, close_old_connections

from descant.discussion.models import Thread
from descant.discussion.reading import marks
from descant.forums.caches.sending import RestsOn
from descant.forums.directory import slot_of_forum
from descant.forums.models import Forum
from descant.site.front.pages import Page
from descant.site.front.versions import changed_since
from django_headroom.caching.slots import EVERYTHING, Slots, slots

SURE_SECONDS = 1.0  # a page may be old for so long, if it was changed on another machine
ASK_EVERY = 0.4  # … and is asked for so much oftener that no reader waits for it
ASK_ALONE_EVERY = (
    10.0  # where there is no other machine: a process may have died before it told what it had changed
)
UNREAD_MOST = 25  # times that a page is asked for while nobody reads it
GATHER_SECONDS = 0.02
GLOBAL = "default"
_log = logging.getLogger(__name__)

Ask = Callable[[str, Sequence[RestsOn]], None]


class Elsewhere:
    """Has each partition asked, by a thread of its own, whether its pages are as they were. For the thread of the loop.

    Args:
        ask: raises the slots of what has changed; called with the alias of the partition and what pages rest on.
        sure: for how many seconds an answer holds; later a page is not sent before it was asked for.
        every: seconds from one question to the next.
    """

    def __init__(
        self, ask: Ask, slots: Slots, *, sure: float = SURE_SECONDS, every: float = ASK_EVERY
    ) -> None:
        self._ask, self._slots, self.sure, self.every = ask, slots, sure, every
        self._partitions: dict[str, _Partition] = {}

    def watch(self, page: Page) -> None:
        """Have it asked for from now on, until nobody reads it any more."""
        self._of(page).watch(page)

    def leave(self, page: Page) -> None:
        """It is kept no longer."""
        self._of(page).leave(page)

    async def ask(self, page: Page) -> None:
        """Have it asked for now: afterwards it is as it was, or a slot that it rests on is raised.

        A database that takes longer than a second is as good as out of reach, and says nothing.
        """
        await self._of(page).ask(page)

    def close(self) -> None:
        """End the threads when they are done."""
        for each in self._partitions.values():
            each.close()

    def _of(self, page: Page) -> "_Partition":
        alias = page.rests_on.partition
        if alias not in self._partitions:
            self._partitions[alias] = _Partition(self, alias, partial(self._ask, alias), self._slots.words)
        return self._partitions[alias]


class _Partition:
    """The pages of a partition that are being read, and the thread that asks for them."""

    def __init__(
        self, whole: Elsewhere, alias: str, ask: Callable[[Sequence[RestsOn]], None], words: memoryview
    ) -> None:
        self._ask, self._words, self._sure, self._every = ask, words, whole.sure, whole.every
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"elsewhere-{alias}")
        self._pages: dict[int, Page] = {}
        self._asking: asyncio.Task[None] | None = None
        self._began = inf  # when what is being asked was
        self._next: asyncio.Future[None] | None = None  # what will be asked, if somebody waits for it
        self._wanted: dict[int, Page] = {}  # … and for which pages
        self._hurry = asyncio.Event()

    def watch(self, page: Page) -> None:
        self._pages[id(page)] = page
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._ask_again_and_again())

    def leave(self, page: Page) -> None:
        self._pages.pop(id(page), None)

    async def ask(self, page: Page) -> None:
        page.unread = 0
        self.watch(page)
        if self._began + self._sure > time.monotonic():
            self._wanted[id(page)] = page
            self._next = self._next or asyncio.get_running_loop().create_future()
            self._hurry.set()
            answered, _ = await asyncio.wait([self._next], timeout=self._sure)
            if answered:
                return
        page.sure_until = time.monotonic() + self._sure

    def close(self) -> None:
        self._thread.shutdown(wait=False)

    async def _ask_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        until = time.monotonic() + self._every
        while self._pages:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(until - time.monotonic(), GATHER_SECONDS)):
                    await self._hurry.wait()
                    await asyncio.sleep(GATHER_SECONDS)
            waiting, self._next = self._next, None
            pages, self._wanted = [*self._wanted.values()], {}
            self._hurry.clear()
            self._began = time.monotonic()
            if not pages or until <= self._began:  # else only what is waited for: all may be thousands
                pages, until = [*self._pages.values()], self._began + self._every
            for page in await loop.run_in_executor(self._thread, self._asked, pages, self._began):
                self.leave(page)
            self._began = inf
            if waiting is not None:
                waiting.set_result(None)

    def _asked(self, pages: Sequence[Page], began: float) -> list[Page]:
        """Ask for them; gives those that need not be asked for again: nobody reads them, or they are known as old."""
        words, read, others = self._words, list[Page](), list[Page]()
        for page in pages:  # thousands, twice a second
            seen = page.seen
            is_fresh = words[page.thread_slot] <= seen and words[page.forum_slot] <= seen
            is_asked_for = page.unread < UNREAD_MOST and is_fresh and words[EVERYTHING] <= seen
            (read if is_asked_for else others).append(page)
        try:
            self._ask([page.rests_on for page in read])
        finally:
            close_old_connections()
        for page in read:
            page.sure_until = began + self._sure
            page.unread += 1
        return others


def raise_what_changed(alias: str, rests: Sequence[RestsOn]) -> None:
    """Raise, for all processes of this machine, the slots of what the databases say something else of.

    Two statements for any number of pages, to the primaries: a replica may not have heard of it. A database that is out
    of reach says nothing else.
    """
    seen = slots().last()
    try:
        told = _slots_of_changed(alias, rests)
    except (OperationalError, InterfaceError) as error:
        _log.warning("Nobody can say what other machines have changed: %s", error)
        return
    if heard := [slot for slot in told if slots().is_fresh(seen, slot)]:  # else another process was faster
        slots().raise_slots(*heard)


def _slots_of_changed(alias: str, rests: Sequence[RestsOn]) -> set[int]:
    """Of a changed thread its own alone: its forum's would make old all pages of the forum."""
    revisions = _oldest((each.forum_id, each.revision) for each in rests)
    versions = _oldest((each.thread_id, each.version) for each in rests if each.thread_id is not None)
    forums = changed_since(revisions, Forum, "revision", alias=GLOBAL)
    threads = changed_since(versions, Thread, "version", alias=alias)
    of_threads = {
        marks.slots_of(each.forum_id, each.thread_id)[0] for each in rests if each.thread_id in threads
    }
    return of_threads | set(map(slot_of_forum, forums))


def _oldest(known: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Pages made one after the other may know different numbers of one thing."""
    found: dict[int, int] = {}
    for key, number in known:
        if found.setdefault(key, number) > number:
            found[key] = number
    return found
