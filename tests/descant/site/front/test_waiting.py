"""Who waits for a thread: so many at most, each forum by itself, and none behind the crowd of another."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from descant.forums.directory import forget, forum_named
from descant.forums.keys.issuing import issue_key
from descant.forums.keys.showing import forget as forget_keys
from descant.forums.keys.showing import key_with_public
from descant.site.front.waiting import OF_ONE_MOST, WAITING_MOST, Threads, Waiting, forum_named_in
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast


class Hall:
    """One thread, and those who come for it."""

    def __init__(self) -> None:
        self.waiting = Waiting(1)
        self.served: list[str] = []
        self.refused: list[str] = []

    async def come(self, forum: str) -> None:
        if not await self.waiting.begin(forum):
            self.refused.append(forum)
            return
        self.served.append(forum)
        await asyncio.sleep(0)
        self.waiting.end()


def told(story: Callable[[Hall], Coroutine[Any, Any, None]]) -> Hall:
    hall = Hall()
    asyncio.run(story(hall))
    return hall


def test_whose_forum_is_asked_by_few_is_not_behind_the_crowd_of_another() -> None:
    async def story(hall: Hall) -> None:
        await asyncio.gather(*(hall.come(each) for each in ["crowd"] * 100 + ["few", "other", "few"]))

    hall = told(story)
    assert len(hall.served) == 103
    assert max(at for at, each in enumerate(hall.served) if each != "crowd") <= 6


def test_what_can_wait_is_called_after_the_answer_and_not_at_all_once_the_threads_end() -> None:
    called: list[str] = []
    threads = Threads(1, "maker")

    async def story() -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()

        def keep() -> None:
            called.append(threading.current_thread().name)
            loop.call_soon_threadsafe(done.set)

        await threads.run("", lambda: threads.later(keep))
        called.append("answered")
        async with asyncio.timeout(60):
            await done.wait()
        await threads.run("", lambda: threads.later(lambda: called.append("too late")))
        threads.close()
        await asyncio.sleep(0.05)

    asyncio.run(story())
    assert called == ["answered", "maker_0"]


def test_a_forum_has_a_share_of_the_places_and_all_have_so_many() -> None:
    async def crowd(hall: Hall) -> None:
        await asyncio.gather(*(hall.come("crowd") for _ in range(1 + OF_ONE_MOST + 50)), hall.come("few"))

    async def many(hall: Hall) -> None:
        await asyncio.gather(*(hall.come(str(number)) for number in range(1 + WAITING_MOST + 7)))

    hall = told(crowd)
    assert hall.refused == ["crowd"] * 50
    assert "few" in hall.served
    assert len(told(many).refused) == 7


def test_who_leaves_takes_no_turn_and_keeps_no_thread() -> None:
    async def story(hall: Hall) -> None:
        assert await hall.waiting.begin("a")
        leaving, called, staying = (asyncio.create_task(hall.come(name)) for name in ("b", "c", "d"))
        await asyncio.sleep(0)
        leaving.cancel()
        hall.waiting.end()  # it is the turn of c …
        called.cancel()  # … who leaves in the same moment
        await asyncio.gather(leaving, called, return_exceptions=True)
        await staying
        await hall.come("e")

    hall = told(story)
    assert hall.served == ["d", "e"]


@pytest.mark.parametrize(
    ("query", "body", "forum"),
    [
        ("f=gazette&t_i=x", b"", "gazette"),
        ("api_key=abc&forum=gazette", b"", "abc"),
        ("", b"message=f%3Dother&forum=gazette", "gazette"),
        ("", b'{"text": "Rye.", "forum": "gazette"}', "gazette"),
        ("leaf=x", b"", ""),
        ("", b"\xff\xfe" * 9_000, ""),
        ("", b"", ""),
    ],
)
def test_a_request_stands_in_the_line_of_the_forum_that_it_names(query: str, body: bytes, forum: str) -> None:
    assert forum_named_in(query, body) == forum


def test_a_forum_has_one_line_whether_its_name_or_a_key_is_said(cast: Cast) -> None:
    key = issue_key(forum=cast.gazette).public_key
    forget()
    forget_keys()
    assert forum_named_in(f"api_key={key}") != forum_named_in("f=gazette"), "nobody knows the key yet"
    assert key_with_public(key).forum_id == forum_named("gazette").pk
    with queries_counted() as counted:
        called = {
            forum_named_in(f"api_key={key}"),
            forum_named_in("f=gazette"),
            forum_named_in("forum=gazette"),
        }
    assert (len(called), counted.count) == (1, 0)
    assert called.isdisjoint({forum_named_in("f=tribune"), forum_named_in("f=nowhere")})
