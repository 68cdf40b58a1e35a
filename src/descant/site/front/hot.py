"""The hot pages of a process: kept in its memory, judged at each reading, made by one for all who ask."""

import asyncio
import time
from collections import defaultdict
from functools import partial
from math import inf

from descant.site.front.elsewhere import Elsewhere
from descant.site.front.pages import SCORES_SECONDS, Answer, Page
from descant.site.front.together import BETWEEN, Make, Together
from descant.site.front.waiting import Threads, TooMany, forum_named_in
from django_headroom.caching.fetching import Busy
from django_headroom.caching.hoard import Hoard
from django_headroom.caching.slots import EVERYTHING, Slots

MAKING_MOST = 512  # pages that are being made, or wait for it
PATIENCE = 1.0  # seconds; another process that makes a page for longer may be dead
# Seconds for which the last page is sent while none can be made, if nothing is known to be newer.
LAST_RESORT = 3_600.0

ALWAYS = ("gzip",)  # in which every page is kept; in others when somebody has asked for them
TOO_MANY = Answer(503, [("Retry-After", "1"), ("Cache-Control", "no-store"), ("Content-Length", "0")], b"")


class HotPages:
    """Pages by what is asked for, see ``asking.page_asked``. All but ``refresh`` belongs to the thread of the loop.

    Args:
        make: makes the page; called in one of ``makers``.
        room: bytes.
        elsewhere: who knows what was changed and not told here; None: nothing is.
        together: by whom pages are made in turn with the machine's other processes; None: they are made alone.
    """

    def __init__(
        self,
        make: Make,
        *,
        makers: Threads,
        room: int,
        slots: Slots,
        elsewhere: Elsewhere | None = None,
        together: Together | None = None,
    ) -> None:
        self._make, self._makers, self._slots, self._elsewhere = make, makers, slots, elsewhere
        self._together = together
        self._loop: asyncio.AbstractEventLoop | None = None  # until somebody has asked for a page
        self._words = slots.words
        self._pages: Hoard[str, Page] = Hoard(room, gone=self._gone)
        self._of_thread: dict[int, set[str]] = defaultdict(set)
        self._making: dict[str, asyncio.Task[Page | Answer]] = {}

    def ready(self, asked: str) -> Page | None:
        """The page, if it can be sent at once."""
        page = self._pages.get(asked)
        if page is None:
            return None
        now, words, seen = time.monotonic(), self._words, page.seen
        if (
            words[page.thread_slot] > seen
            or words[page.forum_slot] > seen
            or words[EVERYTHING] > seen
            or page.hard_at < now
            or page.sure_until < now
        ):
            return None
        page.was_read, page.unread = True, 0
        if page.soft_at < now or (words[page.scores_slot] > seen and page.made_at + SCORES_SECONDS < now):
            page.is_stale = True
            self._begin(asked)
        return page

    async def page(self, asked: str) -> Page | Answer:
        """The page, made if need be: whatever was answered before this was called is in it."""
        last = self._pages.peek(asked)
        if last is not None and last.sure_until < time.monotonic() and self._elsewhere:
            await self._elsewhere.ask(last)
            if (ready := self.ready(asked)) is not None:
                return ready
        since = self._slots.last()
        while True:
            made = await asyncio.shield(self._begin(asked))
            if isinstance(made, Answer) or made.seen >= since or self._is_fresh(made):
                return made

    async def pack(self, asked: str, page: Page, coding: str) -> None:
        """Pack a page in one more coding; if two do at once, one of them has done so in vain."""
        await asyncio.get_running_loop().run_in_executor(self._makers.pool, page.pack, coding)
        if self._pages.peek(asked) is page:
            self._pages.put(asked, page, page.size)

    def refresh(self, thread_id: int) -> None:
        """Make the pages of a thread anew that somebody reads; for any thread, after a change."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._refresh, thread_id)

    def _refresh(self, thread_id: int) -> None:
        for asked in self._of_thread.get(thread_id, ()):
            page = self._pages.peek(asked)
            if page is not None and page.was_read:
                self._begin(asked)

    def _begin(self, asked: str) -> "asyncio.Task[Page | Answer]":
        """The making of a page that is under way, or a new one."""
        making = self._making.get(asked)
        if making is None:
            self._loop = asyncio.get_running_loop()
            making = self._making[asked] = self._loop.create_task(self._made(asked))
        return making

    async def _made(self, asked: str) -> Page | Answer:
        last = self._pages.peek(asked)
        try:
            if len(self._making) > MAKING_MOST:
                return TOO_MANY
            if last is not None and (early := last.made_at + BETWEEN - time.monotonic()) > 0:
                await asyncio.sleep(early)
            codings = last.codings.keys() if last is not None and last.was_read else ALWAYS
            made = await self._made_by_one(asked, [*codings], is_new=last is None)
        except TooMany:
            return TOO_MANY
        finally:
            del self._making[asked]
        if isinstance(made, Page):
            self._keep(asked, made)
        elif last is not None and made.status >= 500 and self._will_do(last):
            return last
        return made

    async def _made_by_one(self, asked: str, codings: list[str], *, is_new: bool) -> Page | Answer:
        """Made by one of the machine's processes, while it does not take too long."""
        forum, began = forum_named_in(asked), time.monotonic()
        if self._together is None:
            return await self._makers.run(forum, partial(self._make, asked, codings))
        while True:
            is_patient = time.monotonic() < began + PATIENCE
            take = partial(self._together.page, asked, codings, is_new=is_new, anyway=not is_patient)
            found = await self._makers.run(forum, partial(take, will_do=self._may_be_taken))
            is_new = False
            if isinstance(found, Busy):
                await asyncio.sleep(found.seconds)
            elif isinstance(found, Answer) or found.made_at >= began or await self._is_sure(found):
                return found

    def _may_be_taken(self, page: Page) -> bool:
        """Whether a page that another process has made is as good as one of our own; in a thread of its own."""
        now = time.monotonic()
        lacks_votes = self._words[page.scores_slot] > page.seen and page.made_at + SCORES_SECONDS < now
        is_known = (
            page.rests_on.thread_id is not None or self._elsewhere is None or self._elsewhere.sure == inf
        )
        return now < page.soft_at and not lacks_votes and is_known and self._is_fresh(page)

    async def _is_sure(self, page: Page) -> bool:
        """Whether no other machine has changed what a page shows that another process has made."""
        if self._elsewhere is None or page.made_at + self._elsewhere.sure > time.monotonic():
            return True
        page.sure_until = page.made_at + self._elsewhere.sure
        await self._elsewhere.ask(page)
        return self._is_fresh(page)

    def _will_do(self, page: Page) -> bool:
        now = time.monotonic()
        if not self._is_fresh(page) or page.made_at + LAST_RESORT < now:
            return False
        page.soft_at, page.hard_at, page.is_stale = now + 1, now + 2, True
        return True

    def _is_fresh(self, page: Page) -> bool:
        return self._slots.is_fresh(page.seen, page.thread_slot, page.forum_slot)

    def _keep(self, asked: str, page: Page) -> None:
        last, thread_id = self._pages.peek(asked), page.rests_on.thread_id
        if last is not None and last.rests_on.thread_id != thread_id:
            self._pages.drop(asked)
        elif last is not None and self._elsewhere:
            self._elsewhere.leave(last)
        if self._elsewhere:
            if page.sure_until == inf:
                page.sure_until = page.made_at + self._elsewhere.sure
            if thread_id is None:  # where there is no thread nobody can ask for its version: it is made anew
                page.soft_at = min(page.soft_at, page.made_at + self._elsewhere.every)
                page.hard_at = min(page.hard_at, page.sure_until)
        self._pages.put(asked, page, page.size)
        if thread_id is not None and self._pages.peek(asked) is page:  # else there was no room for it
            self._of_thread[thread_id].add(asked)
            if self._elsewhere:
                self._elsewhere.watch(page)

    def _gone(self, asked: str, page: Page) -> None:
        thread_id = page.rests_on.thread_id
        if self._elsewhere:
            self._elsewhere.leave(page)
        if thread_id is not None:
            others = self._of_thread[thread_id]
            others.discard(asked)
            if not others:
                del self._of_thread[thread_id]
