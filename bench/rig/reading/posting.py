"""Posts through the public API, each followed at once by a read of its page: does the reader find it there?"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.rig.reading.asking import Asker
from bench.rig.reading.threads import identifier, page_path
from bench.rig.sites import FORUM

EVERY_SECONDS = 0.025
OVER_SECONDS = 10.0  # after which a post will never be there


@dataclass
class Poster:
    """Posts to a host, and looks for what was posted on it, and on others."""

    port: int
    key: str
    run: str
    posted: int = 0
    stale: int = 0  # pages of the host that took the post, asked for at once, that did not show it
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer, self.reader = Asker(self.port), Asker(self.port)

    def post(self, name: str) -> str:
        """Post to a thread; gives the word by which the comment is known."""
        word = f"said{self.run}{self.posted}said"
        asked = {
            "api_key": self.key,
            "forum": FORUM,
            "thread:ident": name,
            "message": f"The crust sings when it cools: {word}.",
            "author_name": f"Reader {self.posted % 97}",
            "author_email": "reader@mail.example",
        }
        self.writer.post("/api/3.0/posts/create.json", asked)
        self.posted += 1
        return word

    def post_and_look(self, name: str) -> str:
        """Post, and read the thread's first page at once where it was posted."""
        word = self.post(name)
        if word not in self.reader.get(page_path(name)).decode():
            self.stale += 1
        return word

    @contextmanager
    def meanwhile(self, threads: int, *, every: float) -> Iterator[None]:
        """While the block lasts, one post after the other to threads drawn evenly."""
        is_over = threading.Event()
        dice = random.Random(self.run)

        def keep_posting() -> None:
            while not is_over.wait(every):
                try:
                    self.post_and_look(identifier(dice.randrange(threads)))
                except (OSError, RuntimeError) as error:
                    self.failed.append(str(error)[:200])
                    self.writer, self.reader = Asker(self.port), Asker(self.port)

        posting = threading.Thread(target=keep_posting)
        posting.start()
        try:
            yield
        finally:
            is_over.set()
            posting.join()


def seconds_missed(reader: Asker, name: str, post: Callable[[], str]) -> float:
    """Post to a thread, and read its page on another host until it shows the post.

    The page is read before the post as well, so that the host keeps a copy that grows old.

    Returns:
        How long after the post was acknowledged a page was asked for that still did not show it; 0 if the first did.
    """
    for _ in range(2):
        reader.get(page_path(name))
    word, missed = post(), 0.0
    began = time.monotonic()
    while missed < OVER_SECONDS:
        asked = time.monotonic() - began
        if word in reader.get(page_path(name)).decode():
            break
        missed = asked
        time.sleep(EVERY_SECONDS)
    return missed
