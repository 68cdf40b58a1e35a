"""Those who watch in one process: one reading for all of them, limits, and nothing lost for who comes back."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
import pytest

from descant.discussion.reading import marks
from descant.discussion.reading.changes import MOST, Clock
from descant.forums.caches.sending import RestsOn
from descant.live import events
from descant.live.admitting import Limits
from descant.live.asking import Asked, Asking
from descant.live.channels import Told
from descant.live.streams import Live
from descant.live.telling import Busy, Teller, Unknown
from descant.live.watching import Watch
from django_headroom.caching.slots import Slots
from django_headroom.operations.switches import ON, Rule, knowing

FORUM, THREAD = 1, 7
PLENTY = Limits(10_000, 10_000, 10_000)
BREAD = Asked("gazette", THREAD)
MANY = 2_000


class Book:
    """A thread of which each version is one change, and who reads it."""

    def __init__(self, slots: Slots) -> None:
        self.slots, self.version, self.epoch = slots, 1, "1.1"
        self.votes: dict[int, int] = {}
        self.read: list[tuple[int, int]] = []
        self.fails: list[Exception] = []

    async def tell(self, asked: Asked, since: Clock) -> Told:
        clock = Clock(self.epoch, self.version)
        await asyncio.sleep(0.01)
        if self.fails:
            raise self.fails.pop()
        self.read.append((since.version, clock.version))
        is_told = clock.goes_on_from(since)
        body = orjson.dumps({"from": since.version, "to": clock.version}) if is_told else events.RELOAD
        is_news = not is_told or clock.version != since.version
        rests_on = RestsOn("p1", FORUM, 1, THREAD, clock.version)
        return Told(clock, body if is_news else b"", rests_on, is_told)

    async def scores(self, asked: Asked, told: Told) -> dict[int, int]:
        return dict(self.votes)

    async def ask(self, partition: str, rests: object) -> None:
        """There is nobody else."""

    def change(self) -> None:
        self.version += 1
        self.slots.raise_slots(marks.slots_of(FORUM, THREAD)[0])

    def vote(self, comment: int, score: int) -> None:
        self.votes[comment] = score
        self.slots.raise_slots(marks.slot_of_scores(THREAD))


class Browser:
    """As much of Granian's protocol as a stream needs, from the other end."""

    def __init__(self) -> None:
        self.status, self.headers, self.sent = 0, {}, b""  # type: ignore[var-annotated]
        self._left = asyncio.Event()

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> "Browser":
        self.status, self.headers = status, dict(headers)
        return self

    def send_bytes(self, piece: bytes) -> None:
        self.sent += piece

    async def client_disconnect(self) -> None:
        await self._left.wait()

    def leave(self) -> None:
        self._left.set()

    def told(self, name: str = "change") -> list[Any]:
        blocks = self.sent.decode().split("\n\n")
        head = f"event: {name}\ndata: "
        return [orjson.loads(block.split("data: ", 1)[1]) for block in blocks if head in block]


class Stage:
    def __init__(self, limits: Limits = PLENTY) -> None:
        self.slots = Slots(None)
        self.book = Book(self.slots)
        teller = Teller(self.book, self.slots)
        self.watch = Watch(teller, self.slots, self.book.ask)
        self.live = Live(teller, self.watch, limits)
        self.open: list[tuple[Browser, asyncio.Task[None]]] = []

    async def reader(
        self, since: int = 1, *, address: str = "", again: bool = False, epoch: str = "1"
    ) -> Browser:
        browser = Browser()
        asking = Asking(BREAD, Clock(epoch, since), again)
        task = asyncio.ensure_future(self.live.answer(asking, address, "127.0.0.1:9", browser))
        self.open.append((browser, task))
        await until(lambda: bool(browser.status) or task.done())
        return browser

    async def end(self) -> None:
        for browser, task in self.open:
            browser.leave()
            await task


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


def tell(story: Callable[[Stage], Coroutine[Any, Any, None]], limits: Limits = PLENTY) -> None:
    async def whole() -> None:
        stage = Stage(limits)
        try:
            await story(stage)
        finally:
            await stage.end()
        assert stage.live.admitted.count == 0

    asyncio.run(whole())


def test_two_thousand_readers_cost_one_reading_of_each_change() -> None:
    async def story(stage: Stage) -> None:
        readers = await asyncio.gather(*(stage.reader() for _ in range(MANY)))
        assert stage.book.read == [(1, 1)], "they came at once, and it was looked up for one"
        for version in (2, 3):
            stage.book.change()
            await until(lambda: all(len(reader.told()) == version - 1 for reader in readers))  # noqa: B023
        assert stage.book.read == [(1, 1), (1, 2), (2, 3)]
        assert {reader.sent.split(b"\n\n", 2)[2] for reader in readers} == {
            readers[0].sent.split(b"\n\n", 2)[2]
        }

    tell(story)


def test_two_thousand_who_come_back_at_once_cost_one_reading() -> None:
    async def story(stage: Stage) -> None:
        stage.book.version = 9
        readers = await asyncio.gather(*(stage.reader(4) for _ in range(MANY)))
        assert stage.book.read == [(4, 9)]
        assert all(reader.told() == [{"from": 4, "to": 9}] for reader in readers)

    tell(story)


def test_whoever_comes_back_is_told_what_is_remembered_without_a_reading() -> None:
    async def story(stage: Stage) -> None:
        first = await stage.reader()
        for count in (1, 2, 3):
            stage.book.change()
            await until(lambda: len(first.told()) == count)  # noqa: B023
        read = len(stage.book.read)
        back = await stage.reader(2, epoch="1.1")
        assert back.told() == [{"from": 2, "to": 3}, {"from": 3, "to": 4}]
        assert len(stage.book.read) == read
        assert f"id: {Clock('1.1', 4)}".encode() in back.sent

    tell(story)


def test_changes_that_come_faster_are_told_together_and_none_is_left_out() -> None:
    async def story(stage: Stage) -> None:
        reader = await stage.reader()
        for _ in range(100):
            stage.book.change()
            await asyncio.sleep(0)
        await until(lambda: bool(reader.told()) and reader.told()[-1]["to"] == 101)
        told = reader.told()
        assert [each["from"] for each in told] == [1, *(each["to"] for each in told[:-1])]
        assert len(told) < 50

    tell(story)


@pytest.mark.parametrize(("since", "epoch"), [(1, "2"), (1, "1.2"), (MOST + 9, "1")])
def test_whose_number_means_nothing_here_is_told_to_read_anew(since: int, epoch: str) -> None:
    async def story(stage: Stage) -> None:
        stage.book.version = 3
        assert (await stage.reader(since, epoch=epoch)).told() == [{"told": False}]

    tell(story)


def test_who_has_missed_too_much_is_told_to_read_anew() -> None:
    async def story(stage: Stage) -> None:
        await stage.reader()
        stage.book.version = MOST + 2
        reader = await stage.reader(1)
        stage.book.change()
        await until(lambda: {"told": False} in reader.told())
        assert (await stage.reader(MOST + 2)).told() == [{"from": MOST + 2, "to": MOST + 3}]

    tell(story)


def test_after_a_restore_everybody_is_told_to_read_anew() -> None:
    async def story(stage: Stage) -> None:
        reader = await stage.reader()
        stage.book.epoch = "1.2"
        stage.slots.raise_everything()
        await until(lambda: reader.told() == [{"told": False}])

    tell(story)


def test_a_reading_that_fails_is_tried_again() -> None:
    async def story(stage: Stage) -> None:
        reader = await stage.reader()
        stage.book.fails.append(Busy())
        stage.book.change()
        await until(lambda: reader.told() == [{"from": 1, "to": 2}])

    tell(story)


def test_scores_have_no_id_and_are_told_anew_to_who_comes_back() -> None:
    async def story(stage: Stage) -> None:
        reader = await stage.reader()
        stage.book.vote(5, 1)
        await until(lambda: reader.told("scores") == [{"5": 1}])
        assert b"id:" not in reader.sent.partition(b"\n\n")[2]
        assert (await stage.reader()).told("scores") == [], "her page has them"
        assert (await stage.reader(again=True)).told("scores") == [{"5": 1}]

    tell(story)


def test_more_than_may_watch_are_refused_and_told_when_to_come_back() -> None:
    async def story(stage: Stage) -> None:
        near = [await stage.reader(address="192.0.2.1") for _ in range(3)]
        assert [reader.status for reader in near] == [200, 200, 429]
        far = [await stage.reader(address=f"192.0.2.{number}") for number in (2, 3, 4)]
        assert [reader.status for reader in far] == [200, 200, 503]
        for refused in (near[-1], far[-1]):
            assert int(refused.headers["Retry-After"]) > 0
        near[0].leave()
        await until(lambda: stage.live.admitted.count == 3)
        assert (await stage.reader(address="192.0.2.1")).status == 200

    tell(story, Limits(4, 4, 2))


@pytest.mark.parametrize(("error", "status"), [(Unknown(), 404), (Busy(), 503)])
def test_what_cannot_be_read_has_no_stream(error: Exception, status: int) -> None:
    async def story(stage: Stage) -> None:
        stage.book.fails.append(error)
        assert (await stage.reader()).status == status
        assert (await stage.reader()).status == 200

    tell(story)


def test_streams_are_ended_when_the_process_ends() -> None:
    async def story(stage: Stage) -> None:
        reader = await stage.reader()
        stage.live.close()
        stage.book.change()
        await asyncio.sleep(0.2)
        assert reader.told() == []
        assert (await stage.reader()).status == 503

    tell(story)


def test_live_can_be_switched_off_for_one_forum_while_it_is_watched() -> None:
    async def story(stage: Stage) -> None:
        await stage.reader()
        [watcher] = stage.watch._watchers()
        try:
            never = {"forum": frozenset({"gazette"})}
            knowing.learn([knowing.Turned(1, "live", Rule(percent=100, never=never))])
            await until(lambda: watcher.transport is None)
            refused = await stage.reader()
            assert refused.status == 503
            assert int(refused.headers["Retry-After"]) >= 10
            knowing.learn([knowing.Turned(2, "live", ON)])
            assert (await stage.reader()).status == 200
        finally:
            knowing.forget()

    tell(story)
