"""Hot pages: one maker for all who ask, at most one making in a tenth of a second, and nothing old after a change."""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import closing
from typing import Any

import pytest

from descant.discussion.reading import marks
from descant.forums.caches.sending import Document, RestsOn
from descant.site.front import hot as module
from descant.site.front.hot import MAKING_MOST, HotPages
from descant.site.front.pages import Answer, Page, page_of
from descant.site.front.waiting import OF_ONE_MOST, Threads
from django_headroom.caching.slots import Slots

FORUM, THREAD = 3, 1_025
MAKERS = 8
PATIENCE = 20
OUT_OF_REACH = Answer(503, [("Content-Length", "0")], b"")


class Press:
    """Makes pages that say how often one was made, as slowly as one likes."""

    def __init__(self, slots: Slots) -> None:
        self.slots, self.made, self.begun, self.seconds = slots, 0, list[float](), 0.0
        self.is_down = self.breaks = False

    def __call__(self, asked: str, codings: Collection[str]) -> Page | Answer:
        self.begun.append(time.monotonic())
        seen = self.slots.last()
        self.made += 1
        number = self.made
        time.sleep(self.seconds)
        if self.breaks:
            raise ArithmeticError
        if self.is_down:
            return OUT_OF_REACH
        document = Document(
            [f"{asked}: {number}".encode()], {}, rests_on=RestsOn("p1", FORUM, 1, THREAD, number)
        )
        return page_of(document, codings, seen=seen, made_at=self.begun[-1])

    def change(self, thread_id: int = THREAD) -> None:
        self.slots.raise_slots(marks.slots_of(FORUM, thread_id)[0])


Story = Callable[[HotPages, Press], Coroutine[Any, Any, None]]


@pytest.fixture
def tell() -> Iterator[Callable[[Story], None]]:
    def told(story: Story) -> None:
        async def whole() -> None:
            slots = Slots(None)
            press = Press(slots)
            await story(HotPages(press, makers=makers, room=4_000_000, slots=slots), press)

        asyncio.run(whole())

    with closing(Threads(MAKERS, "maker")) as makers:
        yield told


async def eventually(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        await asyncio.sleep(0.005)


def number_of(page: Page | Answer) -> int:
    assert isinstance(page, Page)
    return page.rests_on.version


def test_two_hundred_who_ask_at_once_are_given_the_page_of_one_maker(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.seconds = 0.05
        assert pages.ready("a") is None
        found = await asyncio.gather(*(pages.page("a") for _ in range(200)))
        assert {number_of(page) for page in found} == {1}
        assert pages.ready("a") is found[0]
        assert press.made == 1

    tell(story)


def test_after_a_change_the_old_page_is_nobodys(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        await pages.page("a")
        press.change()
        assert pages.ready("a") is None
        assert number_of(await pages.page("a")) == 2
        press.change(THREAD + 1)
        assert pages.ready("a") is not None

    tell(story)


def test_a_change_while_a_page_is_made_waits_for_the_next(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.seconds = 0.2
        early = asyncio.create_task(pages.page("a"))
        await eventually(lambda: bool(press.begun))
        press.change()  # it was read already
        late = await pages.page("a")
        assert number_of(await early) in (1, 2)
        assert number_of(late) == 2

    tell(story)


def test_under_a_storm_of_changes_a_page_is_made_ten_times_a_second(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        until, stale = time.monotonic() + 1.0, 0
        while time.monotonic() < until:
            press.change()
            changed = press.slots.last()
            found = await asyncio.gather(*(pages.page("a") for _ in range(20)))
            stale += sum(isinstance(page, Page) and page.seen < changed for page in found)
            await asyncio.sleep(0.002)
        apart = [later - earlier for earlier, later in zip(press.begun, press.begun[1:], strict=False)]
        assert stale == 0
        assert min(apart) >= module.BETWEEN - 0.001
        assert press.made <= 12

    tell(story)


def test_pages_that_are_read_are_made_anew_after_a_change_before_anybody_asks(
    tell: Callable[[Story], None],
) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        for asked in ("read", "not read"):
            await pages.page(asked)
        assert pages.ready("read")
        press.change()
        pages.refresh(THREAD)
        pages.refresh(THREAD + 7)
        await eventually(lambda: pages.ready("read") is not None)
        assert press.made == 3
        assert pages.ready("not read") is None

    tell(story)


def test_a_page_that_is_due_is_sent_and_made_anew_meanwhile(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        page = await pages.page("a")
        assert isinstance(page, Page)
        page.soft_at = page.made_at = 0.0
        assert pages.ready("a") is page
        assert page.is_stale
        await eventually(lambda: pages.ready("a") is not page)
        renewed = pages.ready("a")
        assert renewed is not None
        assert number_of(renewed) == 2
        assert not renewed.is_stale

    tell(story)


def test_votes_have_a_page_made_anew_only_when_it_is_some_seconds_old(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        page = await pages.page("a")
        assert isinstance(page, Page)
        for _ in range(100):
            press.slots.raise_slots(marks.slot_of_scores(THREAD))
            assert pages.ready("a") is page
            await asyncio.sleep(0)
        assert press.made == 1
        assert not page.is_stale
        page.made_at -= 6.0
        assert pages.ready("a") is page
        assert page.is_stale
        await eventually(lambda: press.made == 2)

    tell(story)


def test_while_no_page_can_be_made_the_last_is_sent_unless_it_is_known_to_be_old(
    tell: Callable[[Story], None],
) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        page = await pages.page("a")
        assert isinstance(page, Page)
        press.is_down = True
        page.hard_at = page.made_at = time.monotonic() - 1.0
        assert pages.ready("a") is None
        assert await pages.page("a") is page
        assert pages.ready("a") is page
        assert page.is_stale
        press.change()
        assert await pages.page("a") is OUT_OF_REACH

    tell(story)


def test_more_pages_than_can_be_made_are_refused(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.seconds = 0.01
        found = await asyncio.gather(*(pages.page(f"f={number}") for number in range(MAKING_MOST + 50)))
        refused = [page for page in found if isinstance(page, Answer)]
        assert [page.status for page in refused] == [503] * 50
        assert ("Retry-After", "1") in refused[0].headers
        assert isinstance(await pages.page(f"f={MAKING_MOST + 49}"), Page)

    tell(story)


def test_a_walk_through_the_pages_of_one_forum_keeps_no_reader_of_another_waiting(
    tell: Callable[[Story], None],
) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.seconds = 0.01
        walk = [asyncio.create_task(pages.page(f"f=walked&t_i={number}")) for number in range(300)]
        await asyncio.sleep(0)
        assert isinstance(await pages.page("f=gazette&t_i=x"), Page)
        assert press.made < 40
        found = await asyncio.gather(*walk)
        assert sum(isinstance(page, Answer) for page in found) == 300 - OF_ONE_MOST - MAKERS

    tell(story)


def test_of_a_page_for_which_there_is_no_room_nothing_is_kept(tell: Callable[[Story], None]) -> None:
    async def story(_pages: HotPages, press: Press) -> None:
        with closing(Threads(1, "maker")) as makers:
            pages = HotPages(press, makers=makers, room=0, slots=press.slots)
            for number in range(50):
                assert isinstance(await pages.page(str(number)), Page)
        assert not pages._pages
        assert not pages._of_thread

    tell(story)


def test_who_waits_for_a_maker_that_breaks_is_let_go(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.seconds = 0.05
        press.breaks = True
        found = await asyncio.gather(*(pages.page("a") for _ in range(50)), return_exceptions=True)
        assert [type(each) for each in found] == [ArithmeticError] * 50
        press.breaks = False
        assert isinstance(await pages.page("a"), Page)

    tell(story)


def test_who_leaves_takes_the_page_from_nobody(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.seconds = 0.05
        leaving = asyncio.create_task(pages.page("a"))
        staying = asyncio.create_task(pages.page("a"))
        await asyncio.sleep(0.01)
        leaving.cancel()
        assert number_of(await staying) == 1

    tell(story)


def test_a_maker_that_fails_fails_for_who_asked_and_not_for_ever(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        press.is_down = True
        assert await pages.page("a") is OUT_OF_REACH
        press.is_down = False
        assert isinstance(await pages.page("a"), Page)

    tell(story)


def test_a_page_is_packed_in_other_codings_when_somebody_asks(tell: Callable[[Story], None]) -> None:
    async def story(pages: HotPages, press: Press) -> None:
        page = await pages.page("a")
        assert isinstance(page, Page)
        assert set(page.codings) == {"gzip"}
        await pages.pack("a", page, "br")
        assert pages.ready("a") is page
        press.change()
        again = await pages.page("a")
        assert isinstance(again, Page)
        assert set(again.codings) == {"gzip", "br"}

    tell(story)
