"""What another machine has changed is asked for: of many pages at once, and no oftener than needed."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection
from contextlib import closing
from typing import Any

from descant.discussion.models import Comment, Thread
from descant.discussion.reading import marks
from descant.forums.caches.sending import PublicPage, RestsOn
from descant.forums.opening import change_forum
from descant.site.front import elsewhere as module
from descant.site.front.elsewhere import Elsewhere, raise_what_changed
from descant.site.front.hot import HotPages
from descant.site.front.pages import Page, page_of
from descant.site.front.waiting import Threads
from django_headroom.caching.slots import Slots, slots
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


class Everybody:
    """The databases as another machine writes them, and how often they were asked."""

    def __init__(self) -> None:
        self.slots, self.versions, self.asked, self.made = Slots(None), dict.fromkeys(range(500), 1), 0, 0
        self.answers = threading.Event()
        self.answers.set()

    def make(self, asked: str, codings: Collection[str]) -> Page:
        seen, now, thread_id = self.slots.last(), time.monotonic(), int(asked)
        self.made += 1
        response = PublicPage(asked.encode())
        response.headers["ETag"] = f'"{asked}"'
        response.rests_on = RestsOn(3, 1, thread_id, self.versions[thread_id])
        page = page_of(response, codings, seen=seen, made_at=now)
        assert page is not None
        return page

    def changed(self, rests: Collection[RestsOn]) -> set[RestsOn]:
        self.asked += 1
        assert self.answers.wait(20)
        changed = {each for each in rests if self.versions[each.thread_id or 0] != each.version}
        for each in changed:
            self.slots.raise_slots(marks.slots_of(each.forum_id, each.thread_id)[0])
        return changed


async def told(story: Callable[[HotPages, Everybody], Any]) -> None:
    everybody = Everybody()
    with closing(Threads(4, "maker")) as makers:
        asking = Elsewhere(everybody.changed, makers.pool)
        pages = HotPages(
            everybody.make, makers=makers, room=4_000_000, slots=everybody.slots, elsewhere=asking
        )
        await story(pages, everybody)


def grow_old(pages: HotPages, *asked: str, by: float) -> None:
    for each in asked:
        page = pages._pages.peek(each)
        assert page is not None
        page.sure_until -= by


def test_two_hundred_pages_are_asked_for_together_and_made_once() -> None:
    async def story(pages: HotPages, everybody: Everybody) -> None:
        asked = [str(number) for number in range(200)]
        await asyncio.gather(*(pages.page(each) for each in asked))
        assert everybody.asked == 0
        grow_old(pages, *asked, by=module.SURE_SECONDS)
        assert all(pages.ready(each) is None for each in asked)
        await asyncio.gather(*(pages.page(each) for each in asked))
        assert (everybody.asked, everybody.made) == (1, 200)

    asyncio.run(told(story))


def test_a_page_that_was_changed_elsewhere_is_made_anew_and_the_others_are_not() -> None:
    async def story(pages: HotPages, everybody: Everybody) -> None:
        await asyncio.gather(pages.page("1"), pages.page("2"))
        everybody.versions[1] = 2
        grow_old(pages, "1", "2", by=module.SURE_SECONDS)
        one, two = await asyncio.gather(pages.page("1"), pages.page("2"))
        assert isinstance(one, Page)
        assert isinstance(two, Page)
        assert (one.rests_on.version, two.rests_on.version) == (2, 1)
        assert everybody.made == 3

    asyncio.run(told(story))


def test_while_the_databases_do_not_answer_one_waits_for_them_and_no_others() -> None:
    async def story(pages: HotPages, everybody: Everybody) -> None:
        asked = [str(number) for number in range(20)]
        await asyncio.gather(*(pages.page(each) for each in asked))
        grow_old(pages, *asked, by=module.SURE_SECONDS)
        everybody.answers.clear()
        waiting = []
        for each in asked:
            waiting.append(asyncio.create_task(pages.page(each)))
            await asyncio.sleep(2 * module.GATHER_SECONDS)
        assert everybody.asked == 1
        everybody.answers.set()
        await asyncio.gather(*waiting)
        assert (everybody.asked, everybody.made) == (2, 20), "the others were asked for together"

    asyncio.run(told(story))


def test_a_page_that_is_being_read_is_asked_for_before_its_readers_would_wait() -> None:
    async def story(pages: HotPages, everybody: Everybody) -> None:
        await pages.page("1")
        assert pages.ready("1") is not None
        assert everybody.asked == 0
        grow_old(pages, "1", by=module.ASK_BEFORE + 0.01)
        assert all(pages.ready("1") is not None for _ in range(50))
        await asyncio.sleep(0.2)
        assert everybody.asked == 1
        page = pages.ready("1")
        assert page is not None
        assert page.sure_until > time.monotonic() + module.ASK_BEFORE

    asyncio.run(told(story))


def test_the_databases_say_which_threads_and_forums_have_changed(cast: Cast, bread: Thread, say: Say) -> None:
    say("Rye.")
    bread.refresh_from_db()
    as_it_is = RestsOn(cast.gazette.pk, cast.gazette.revision, bread.pk, bread.version)
    empty = RestsOn(cast.gazette.pk, cast.gazette.revision, None, 0)
    old = as_it_is._replace(version=bread.version - 1)
    seen, of_thread = slots().last(), marks.slots_of(cast.gazette.pk, bread.pk)
    with queries_counted() as counted:
        assert raise_what_changed({as_it_is, empty}) == set()
    assert counted.count == 2
    assert slots().is_fresh(seen, *of_thread)
    assert raise_what_changed({as_it_is, old, empty}) == {old}
    assert not slots().is_fresh(seen, of_thread[0])
    change_forum(forum=cast.gazette, title="The Gazette")
    assert raise_what_changed({as_it_is, empty}) == {as_it_is, empty}
