"""More posts to one thread than can be taken: its pages are made ten times a second, and no post is lost."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import pytest

from tests.stories.reading.sites import PAGE, WORKERS, Site, page
from tests.stories.serving import descant, environment_of_a_site, serving

SECONDS = 4.0
POSTS_A_SECOND = 500
READERS, WRITERS = 200, 1_000
ORDERS = ("", "&order=newest")
# The front says of each page that it makes it, to whoever listens; it is no news.
LISTENING = """
LOGGING["handlers"]["made"] = {{"class": "logging.FileHandler", "filename": {made!r}}}
LOGGING["loggers"]["descant.site.front.making"] = {{"handlers": ["made"], "level": "DEBUG", "propagate": False}}
"""


@dataclass
class Storm:
    """What was answered to those who read and those who write."""

    port: int
    key: str
    began: float = field(default_factory=time.monotonic)
    pages: Counter[int] = field(default_factory=Counter)
    posts: Counter[int] = field(default_factory=Counter)
    others: Counter[int] = field(default_factory=Counter)
    acknowledged: set[int] = field(default_factory=set)

    async def rage(self, key_of_others: str) -> None:
        writers = (self.write(number / POSTS_A_SECOND) for number in range(WRITERS))
        readers = (self.read(ORDERS[number % len(ORDERS)]) for number in range(READERS))
        async with asyncio.timeout(SECONDS * 10):
            await asyncio.gather(*writers, *readers, self.write_elsewhere(key_of_others))

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.began + SECONDS

    async def read(self, order: str) -> None:
        async with Talk(self.port) as talk:
            while not self.is_over:
                status, _ = await talk.ask(f"GET {PAGE}storm{order} HTTP/1.1\r\nAccept-Encoding: gzip\r\n")
                self.pages[status] += 1

    async def write(self, at: float) -> None:
        """At set times, whether the last one was answered late or soon."""
        async with Talk(self.port) as talk:
            while at < SECONDS:
                await asyncio.sleep(self.began + at - time.monotonic())
                status, body = await talk.post(self.key, "storm")
                self.posts[status] += 1
                if status == 200:
                    self.acknowledged.add(int(json.loads(body)["response"]["id"]))
                at = max(at, time.monotonic() - self.began) + WRITERS / POSTS_A_SECOND

    async def write_elsewhere(self, key: str) -> None:
        async with Talk(self.port) as talk:
            while not self.is_over:
                status, _ = await talk.post(key, "calm")
                self.others[status] += 1
                await asyncio.sleep(0.05)


class Talk:
    """A connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._answers, self._asks = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._asks.close()

    async def post(self, key: str, thread: str) -> tuple[int, bytes]:
        body = urlencode({"api_key": key, "thread:ident": thread, "message": "Rye.", "author_name": "Gus"})
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return await self.ask(f"POST /api/3.0/posts/create.json HTTP/1.1\r\n{kind}", body)

    async def ask(self, head: str, body: str = "") -> tuple[int, bytes]:
        self._asks.write(f"{head}Host: localhost\r\n\r\n{body}".encode())
        said = (await self._answers.readuntil(b"\r\n\r\n")).lower()
        found = re.search(rb"content-length: (\d+)", said)
        assert found, said
        return int(said.split()[1]), await self._answers.readexactly(int(found[1]))


@dataclass
class Place:
    site: Site
    key_of_others: str
    made: Path

    def times_made(self, order: str) -> int:
        """How often a page of the storm was made so far, by whichever process."""
        lines = self.made.read_text().splitlines() if self.made.exists() else []
        return lines.count(f"Made: f=gazette&t_i=storm{order}")

    def kept(self) -> list[int]:
        """The comments that are shown, the newest first, by the database."""
        said = descant("manage", "shell", "-v", "0", "-c", KEPT, environment=self.site.environment)
        return list(json.loads(said))


KEPT = """
import json
import re
from descant.discussion.models import Comment
from descant.forums.directory import forum_named
shown = Comment.objects.of(forum_named("gazette")).shown().order_by("-created_at", "-pk")
print(json.dumps([*shown.values_list("pk", flat=True)]))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    environment, made = environment_of_a_site(tmp_path, "storm"), tmp_path / "made.log"
    (tmp_path / "settings.py").write_text(LISTENING.format(made=str(made)))
    descant("upgrade", environment=environment)
    keys = []
    for forum in ("gazette", "herald"):
        descant("forum", "open", forum, "--domain", f"{forum}.example", environment=environment)
        keys.append(
            json.loads(descant("apikey", "create", forum, "--json", environment=environment))["public_key"]
        )
    with serving(environment, tmp_path, "--workers", str(WORKERS)) as (process, port):
        yield Place(Site(port, keys[0], environment, process), keys[1], made)


def test_a_storm_of_posts_remakes_a_page_ten_times_a_second_and_loses_none_that_was_acknowledged(
    place: Place,
) -> None:
    site = place.site
    site.post("Rye.", "storm")
    began, before = time.monotonic(), [place.times_made(order) for order in ORDERS]
    storm = Storm(site.port, site.key)
    asyncio.run(storm.rage(place.key_of_others))
    made = [place.times_made(order) - was for order, was in zip(ORDERS, before, strict=True)]
    seconds = time.monotonic() - began
    print(f"pages {storm.pages}, posts {storm.posts}, others {storm.others}, made {made} in {seconds:.1f} s")

    assert set(storm.pages) <= {200, 503}
    assert set(storm.posts) <= {200, 429, 503}
    assert storm.pages[200] > 5 * max(made) > 0
    assert max(made) <= seconds * 10 + WORKERS
    kept = place.kept()
    assert storm.acknowledged
    assert storm.acknowledged <= set(kept)
    assert set(storm.others) == {200}, "the crowd in one forum takes no place from another"
    with site.one_reader_of_each() as readers:
        for reader in readers:
            newest = page(reader, "storm&order=newest")
            assert all(f"descant-{comment}" in newest for comment in kept[:20])
