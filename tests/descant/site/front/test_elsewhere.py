"""What another machine has changed is asked for aside, of all pages that are read, so that no reader waits for it."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import closing
from math import inf
from typing import Any

import pytest

from descant.discussion.models import Comment
from descant.discussion.reading import marks
from descant.forums.caches.sending import Document, RestsOn
from descant.site.front import elsewhere as module
from descant.site.front.elsewhere import Elsewhere
from descant.site.front.hot import HotPages
from descant.site.front.pages import Page, page_of
from descant.site.front.waiting import Threads
from django_headroom.caching.slots import Slots

Say = Callable[..., Comment]
PATIENCE = 60.0
FORUM = 3


class Databases:
    """Two partitions as another machine writes them, threads from 1,000 on in the second; and what they were asked."""

    def __init__(self) -> None:
        self.slots, self.versions, self.made = Slots(None), dict.fromkeys(range(2_000), 1), 0
        self.asked: dict[str, list[int]] = {"p1": [], "p2": []}  # of how many pages
        self.by = set[str]()  # threads
        self.answer = {"p1": threading.Event(), "p2": threading.Event()}
        for each in self.answer.values():
            each.set()

    def make(self, asked: str, codings: Collection[str]) -> Page:
        seen, now, thread_id = self.slots.last(), time.monotonic(), int(asked)
        self.made += 1
        partition = "p1" if thread_id < 1_000 else "p2"
        rests_on = RestsOn(partition, FORUM, 1, thread_id, self.versions[thread_id])
        page = page_of(Document([asked.encode()], {}, rests_on=rests_on), codings, seen=seen, made_at=now)
        assert isinstance(page, Page)
        return page

    def ask(self, alias: str, rests: Sequence[RestsOn]) -> None:
        self.asked[alias].append(len(rests))
        self.by.add(threading.current_thread().name)
        assert self.answer[alias].wait(PATIENCE)
        for each in rests:
            if self.versions[each.thread_id or 0] != each.version:
                self.slots.raise_slots(marks.slots_of(each.forum_id, each.thread_id)[0])

    async def asked_once_more(self, alias: str = "p1") -> None:
        """Wait until something was asked that nobody had begun to ask."""
        enough = len(self.asked[alias]) + 2
        await eventually(lambda: len(self.asked[alias]) >= enough)


async def eventually(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        await asyncio.sleep(0.005)


Story = Callable[[HotPages, Databases], Coroutine[Any, Any, None]]


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A story in which is asked more often than else, and an answer holds for ever."""

    def told(story: Story, sure: float = 1_000.0, every: float = 0.01, unread: int = 100_000) -> None:
        monkeypatch.setattr(module, "UNREAD_MOST", unread)
        asyncio.run(whole(story, sure, every))

    async def whole(story: Story, sure: float, every: float) -> None:
        databases = Databases()
        with (
            closing(Threads(4, "maker")) as makers,
            closing(Elsewhere(databases.ask, databases.slots, sure=sure, every=every)) as elsewhere,
        ):
            pages = HotPages(
                databases.make, makers=makers, room=9_000_000, slots=databases.slots, elsewhere=elsewhere
            )
            try:
                await story(pages, databases)
            finally:
                for each in databases.answer.values():
                    each.set()

    return told


def names(*threads: int) -> list[str]:
    return [str(each) for each in threads]


async def read(pages: HotPages, asked: Collection[str]) -> list[Page]:
    found = [pages.ready(each) or await pages.page(each) for each in asked]
    return [page for page in found if isinstance(page, Page)]


def kept(pages: HotPages, asked: str) -> Page:
    page = pages._pages.peek(asked)
    assert page is not None
    return page


def test_no_reader_of_a_thousand_kept_pages_waits_for_a_database(tell: Callable[..., None]) -> None:
    asked = names(*range(1_000))

    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, asked)
        sure = [kept(pages, each).sure_until for each in asked]
        for _ in range(3):
            await databases.asked_once_more()
            assert all(pages.ready(each) is not None for each in asked)
            assert databases.asked["p1"][-1] == 1_000, "all by one question"
        assert all(kept(pages, each).sure_until > before for each, before in zip(asked, sure, strict=True))
        assert databases.by == {"elsewhere-p1_0"}, "nobody else asked"
        assert databases.made == 1_000

    tell(story)


def test_a_page_that_was_changed_elsewhere_is_old_and_the_others_are_not(tell: Callable[..., None]) -> None:
    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, names(1, 2))
        databases.versions[1] = 2
        await eventually(lambda: pages.ready("1") is None)
        assert pages.ready("2") is not None
        (page,) = await read(pages, ["1"])
        assert (page.rests_on.version, databases.made) == (2, 3)

    tell(story)


def test_where_there_is_no_other_machine_nobody_waits_and_what_was_never_told_is_found(
    tell: Callable[..., None],
) -> None:
    """As by a process that died after its commit, or a command of another user, who has slots of her own."""

    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, ["1"])
        databases.answer["p1"].clear()
        await eventually(lambda: bool(databases.asked["p1"]))
        assert pages.ready("1") is not None
        assert kept(pages, "1").sure_until == inf
        databases.versions[1] = 2
        databases.answer["p1"].set()
        await eventually(lambda: pages.ready("1") is None)

    tell(story, sure=inf)


def test_what_is_known_to_be_old_is_asked_for_no_more(tell: Callable[..., None]) -> None:
    """Else each process of a machine would have the others make anew what they have just made."""

    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, names(1, 2))
        databases.slots.raise_slots(marks.slots_of(FORUM, 1)[0])
        await eventually(lambda: databases.asked["p1"][-1:] == [1])
        await read(pages, ["1"])
        await eventually(lambda: databases.asked["p1"][-1:] == [2])

    tell(story)


def test_a_page_that_nobody_reads_is_asked_for_no_more_until_somebody_does(tell: Callable[..., None]) -> None:
    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, names(1, 2))

        def only_one_is_left() -> bool:
            pages.ready("2")
            return databases.asked["p1"][-1:] == [1]

        await eventually(only_one_is_left)
        databases.versions[1] = 2
        kept(pages, "1").sure_until = 0.0
        assert pages.ready("1") is None
        (page,) = await read(pages, ["1"])
        assert page.rests_on.version == 2

    tell(story, unread=25)


def test_two_hundred_readers_of_pages_that_nobody_read_wait_for_one_question(
    tell: Callable[..., None],
) -> None:
    asked = names(*range(200))

    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, asked)
        for each in asked:
            kept(pages, each).sure_until = 0.0
        await asyncio.gather(*(pages.page(each) for each in asked))
        assert (databases.asked["p1"], databases.made) == ([200], 200)

    tell(story, every=1_000.0)


def test_who_waits_for_one_page_has_no_others_asked_for(tell: Callable[..., None]) -> None:
    """Else readers of pages that few read would have thousands asked for, again and again."""
    asked = names(*range(200))

    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, asked)
        for number, each in enumerate(asked[:30]):
            databases.versions[number] = 2
            kept(pages, each).sure_until = 0.0
            (page,) = await read(pages, [each])
            assert page.rests_on.version == 2
        assert databases.asked["p1"] == [1] * 30
        assert databases.made == 200 + 30

    tell(story, every=1_000.0)


def test_what_nobody_waits_for_is_asked_for_in_its_time_however_many_wait(tell: Callable[..., None]) -> None:
    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, names(1, 2))
        databases.versions[2] = 2
        until = time.monotonic() + PATIENCE
        while pages.ready("2") is not None:
            assert time.monotonic() < until
            kept(pages, "1").sure_until = 0.0
            await pages.page("1")
        assert max(databases.asked["p1"]) == 2
        assert databases.made == 2

    tell(story)


def test_a_database_that_does_not_answer_holds_up_one_reader_for_a_second_and_no_other(
    tell: Callable[..., None],
) -> None:
    async def story(pages: HotPages, databases: Databases) -> None:
        await read(pages, names(1, 2, 1_001))
        databases.answer["p1"].clear()
        await eventually(lambda: bool(pages.ready("1001") and databases.asked["p1"]))
        await asyncio.sleep(0.2)
        assert pages.ready("1") is None
        for _ in range(3):
            assert await read(pages, names(1, 2, 1_001)), "out of reach: the last page is sent"
        before = len(databases.asked["p1"])
        await databases.asked_once_more("p2")
        assert len(databases.asked["p1"]) == before
        assert databases.made == 3
        databases.versions[1] = 2
        databases.answer["p1"].set()
        await databases.asked_once_more()
        (page,) = await read(pages, ["1"])
        assert page.rests_on.version == 2

    tell(story, sure=0.1)
