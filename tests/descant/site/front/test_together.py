"""Processes of a machine make pages together: one makes each, all take it, and none is shown anything old by that."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from descant.discussion.reading import marks
from descant.forums.caches.sending import Document, RestsOn
from descant.site.front import hot
from descant.site.front.elsewhere import Elsewhere
from descant.site.front.hot import PATIENCE, HotPages
from descant.site.front.pages import Answer, Page, page_of
from descant.site.front.together import BETWEEN, Later, Together, bytes_of, page_in
from descant.site.front.waiting import Threads
from django_headroom.caching import Store
from django_headroom.caching.embedded import Embedded
from django_headroom.caching.keeping import Place, claim, look
from django_headroom.caching.memcached import Pool
from django_headroom.caching.slots import Slots

FORUM, THREAD = 3, 1_025


@dataclass
class Machine:
    """Its slots and its store, and processes that say who has made a page."""

    store: Store
    makers: Threads
    slots: Slots = field(default_factory=lambda: Slots(None))
    begun: list[float] = field(default_factory=list)
    asked_elsewhere: int = 0
    changed_elsewhere: bool = False
    thread_id: int | None = THREAD
    watching: list[Elsewhere] = field(default_factory=list)

    def process(self, run: str = "one", *, is_alone: bool = True, later: Later | None = None) -> HotPages:
        elsewhere = None if is_alone else Elsewhere(self.ask, self.slots)
        self.watching += [elsewhere] if elsewhere else []
        together = Together(self.make, run, self.store, later)
        return HotPages(
            self.make,
            makers=self.makers,
            room=4_000_000,
            slots=self.slots,
            elsewhere=elsewhere,
            together=together,
        )

    def make(self, asked: str, codings: Collection[str]) -> Page | Answer:
        seen, now = self.slots.last(), time.monotonic()
        self.begun.append(now)
        if asked == "missing":
            return Answer(404, [], b"")
        rests_on = RestsOn("p1", FORUM, 1, self.thread_id, len(self.begun))
        document = Document([f"{asked} {len(self.begun)} ä".encode()] * 100, {}, rests_on=rests_on)
        return page_of(document, codings, seen=seen, made_at=now)

    def change(self) -> None:
        self.slots.raise_slots(marks.slots_of(FORUM, THREAD)[0])

    def ask(self, _alias: str, _rests: Sequence[RestsOn]) -> None:
        self.asked_elsewhere += 1
        if self.changed_elsewhere:
            self.change()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    store = Embedded(tmp_path)
    assert store.put("begun", b"", seconds=60), "nobody waits for its file later"
    with closing(Threads(12, "maker")) as makers:
        found = Machine(store, makers)
        yield found
        for each in found.watching:
            each.close()
    store.close()


def grow_old(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + seconds)


async def sent(pages: HotPages, asked: str = "a", coding: str = "gzip") -> list[Any]:
    """All that a reader of this process is sent."""
    page = await pages.page(asked)
    answers: list[Any] = []
    scope = SimpleNamespace(method="GET", headers={"accept-encoding": coding})
    protocol = SimpleNamespace(response_bytes=lambda *said: answers.append(said))
    assert page.send(scope, protocol) == ""
    return answers


def test_what_one_process_has_made_all_send_alike(machine: Machine) -> None:
    async def story() -> None:
        one, other = machine.process(), machine.process()
        assert await sent(one) == await sent(other)
        assert await sent(one, coding="") == await sent(other, coding="")
        assert len(machine.begun) == 1
        machine.change()
        assert other.ready("a") is None
        assert await sent(other) == await sent(one)
        assert len(machine.begun) == 2

    asyncio.run(story())


def test_a_reader_does_not_wait_for_her_page_to_be_kept_for_the_others(machine: Machine) -> None:
    async def story() -> None:
        due: list[Callable[[], None]] = []
        one, other = machine.process(later=due.append), machine.process()
        page = await one.page("a")
        assert isinstance(page, Page)
        for keep in due:
            keep()
        assert await sent(other) == await sent(one)
        assert len(due) == len(machine.begun) == 1

    asyncio.run(story())


def test_processes_that_ask_at_once_wait_for_one_maker(machine: Machine) -> None:
    async def story() -> None:
        processes = [machine.process() for _ in range(4)]
        pages = await asyncio.gather(*(each.page("a") for each in processes))
        assert len({page.etag for page in pages if isinstance(page, Page)}) == len(machine.begun) == 1

    asyncio.run(story())


def test_in_a_storm_of_changes_a_machine_makes_a_page_ten_times_a_second_and_none_is_old(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hot, "PATIENCE", 60.0)  # on a busy machine a second may pass between two lines

    async def story() -> None:
        processes = [machine.process() for _ in range(3)]
        began, old = time.monotonic(), 0
        until = began + 1.0
        while time.monotonic() < until:
            machine.change()
            changed = machine.slots.last()
            pages = await asyncio.gather(*(each.page("a") for each in processes))
            old += sum(isinstance(page, Page) and page.seen < changed for page in pages)
        apart = [later - earlier for earlier, later in zip(machine.begun, machine.begun[1:], strict=False)]
        assert old == 0
        assert min(apart) > BETWEEN * 0.98  # their clocks are two
        assert len(machine.begun) <= (time.monotonic() - began) / BETWEEN + 2

    asyncio.run(story())


def test_a_page_that_was_not_packed_so_is_packed_by_who_takes_it(machine: Machine) -> None:
    async def story() -> None:
        one, other = machine.process(), machine.process()
        page = await one.page("a")
        assert isinstance(page, Page)
        await one.pack("a", page, "br")
        assert one.ready("a") is page
        machine.change()
        await other.page("a")  # by nobody whose readers take br
        again = await one.page("a")
        assert isinstance(again, Page)
        assert set(again.codings) == {"gzip", "br"}
        assert len(machine.begun) == 2

    asyncio.run(story())


def test_what_was_made_after_another_start_is_nobodys(machine: Machine) -> None:
    async def story() -> None:
        await machine.process("one").page("a")
        await machine.process("two").page("a")
        assert len(machine.begun) == 2

    asyncio.run(story())


def test_what_is_no_page_is_made_for_each_and_holds_up_nobody(machine: Machine) -> None:
    async def story() -> None:
        for process in (machine.process(), machine.process()):
            for _ in range(2):
                answer = await process.page("missing")
                assert isinstance(answer, Answer)
                assert answer.status == 404
        assert len(machine.begun) == 4

    asyncio.run(story())


def test_a_maker_who_dies_is_waited_for_as_long_as_one_may_be_slow(machine: Machine) -> None:
    async def story() -> None:
        process = machine.process()
        place = Place(machine.store, Together(machine.make, "one")._key("a"))
        assert claim(place, look(place), 0)  # by somebody who is never heard of again
        began = time.monotonic()
        assert isinstance(await process.page("a"), Page)
        assert machine.begun[0] - began >= PATIENCE
        assert isinstance(await machine.process().page("a"), Page)
        assert len(machine.begun) == 1

    asyncio.run(story())


def test_without_a_store_each_makes_its_own_and_nothing_is_lost(machine: Machine) -> None:
    nobody = machine.store = Pool(["127.0.0.1:9"])

    async def story() -> None:
        processes = [machine.process(), machine.process()]
        for number in (2, 4):
            pages = await asyncio.gather(*(each.page("a") for each in processes))
            assert all(isinstance(page, Page) for page in pages)
            assert len(machine.begun) == number
            machine.change()

    with closing(nobody):
        asyncio.run(story())


def test_of_a_page_that_was_made_a_while_ago_other_machines_are_asked(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        await machine.process(is_alone=False).page("a")
        grow_old(monkeypatch, 5.0)
        taker = machine.process(is_alone=False)
        await taker.page("a")
        assert taker.ready("a") is not None
        assert len(machine.begun) == 1
        assert machine.asked_elsewhere > 0
        grow_old(monkeypatch, 5.0)
        machine.changed_elsewhere = True
        page = await machine.process(is_alone=False).page("a")
        assert isinstance(page, Page)
        assert page.rests_on.version > 1

    asyncio.run(story())


@pytest.mark.parametrize("seconds", [600.0, 5.0])
def test_a_page_that_is_due_is_not_taken_but_made(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """After some minutes; where nobody has written yet, and other machines may, after a second."""
    machine.thread_id = THREAD if seconds == 600.0 else None

    async def story() -> None:
        await machine.process(is_alone=False).page("a")
        grow_old(monkeypatch, seconds)
        page = await machine.process(is_alone=False).page("a")
        assert isinstance(page, Page)
        assert page.rests_on.version == len(machine.begun) == 2

    asyncio.run(story())


def test_a_page_comes_back_from_its_bytes_as_it_was(machine: Machine) -> None:
    page = machine.make("a", ["gzip", "br"])
    assert isinstance(page, Page)
    assert page_in(bytes_of(page)) == page


def test_bytes_that_are_no_page_are_none(machine: Machine) -> None:
    page = machine.make("a", ["gzip"])
    assert isinstance(page, Page)
    kept = bytes_of(page)
    assert not any(page_in(kept[:length]) for length in range(len(kept)))
    assert not any(page_in(other) for other in (kept + b"x", b"\x02\0\0\0{}", b"\x02\0\0\0[]", b"pickle" * 9))
