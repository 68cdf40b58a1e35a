"""Requests that wait for a thread: so many at most, and each forum in a line of its own; the lines take turns."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from descant.forums.keys.showing import forum_called

WAITING_MOST = 512  # of a process
OF_ONE_MOST = 256  # of a forum: a crowd in one leaves the others places
LOOKED_INTO = 4_096  # bytes of a body
AFTERWARDS = 0.001  # seconds; by then an answer is on its way

Found = TypeVar("Found")
_NAMED = re.compile(rb'(?:^|[&?{,\s])"?(f|forum|api_key)"?\s*[=:]\s*"?([\w.-]{1,100})')


class TooMany(Exception):
    """So many wait that one more would not be answered soon."""


class Threads:
    """A few threads, and the lines before them. For the thread of the loop.

    ``pool`` are the threads by themselves: what is given to them beside the lines is next.

    Args:
        number: how many they are.
        name: what they are called in a debugger.
    """

    def __init__(self, number: int, name: str) -> None:
        self.pool = ThreadPoolExecutor(number, thread_name_prefix=name)
        self._waiting = Waiting(number)
        self._due: deque[Callable[[], None]] = deque()

    async def run(self, forum: str, call: Callable[[], Found]) -> Found:
        """Call it in one of the threads, when it is the forum's turn.

        Raises:
            TooMany: it is not even waited for.
        """
        if not await self._waiting.begin(forum):
            raise TooMany
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self.pool, call)
        finally:
            self._waiting.end()
            if self._due:
                loop.call_later(AFTERWARDS, self._begin_what_is_due)

    def later(self, call: Callable[[], None]) -> None:
        """Have it called when whoever waits for what is run now has been answered; once the threads end, not at all.

        Only what is run asks so. The threads, the loop and the server's own thread, which sends what the loop gives
        it, take turns at the interpreter: at once, it would be begun before that answer is sent.
        """
        self._due.append(call)

    def _begin_what_is_due(self) -> None:
        with suppress(RuntimeError):
            while self._due:
                self.pool.submit(self._due.popleft())

    def close(self) -> None:
        """End the threads when they are done."""
        self.pool.shutdown(wait=False)


class Waiting:
    """Lines before a few threads. For the thread of the loop.

    Args:
        threads: how many are answered at a time.

    Whose forum is asked by few is next but so many as there are lines, however long one of them is.
    """

    def __init__(self, threads: int) -> None:
        self._free, self._waiting = threads, 0
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}  # whose turn is next stands first

    async def begin(self, forum: str) -> bool:
        """Wait for a thread; whoever has one says ``end`` after it. False: too many wait."""
        if self._free:
            self._free -= 1
            return True
        line = self._lines.get(forum, ())
        if self._waiting >= WAITING_MOST or len(line) >= OF_ONE_MOST:
            return False
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(forum, deque()).append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.end()
            raise
        return True

    def end(self) -> None:
        """Give the thread to the first of the next line."""
        while self._lines:
            forum = next(iter(self._lines))
            line = self._lines.pop(forum)
            turn = line.popleft()
            self._waiting -= 1
            if line:
                self._lines[forum] = line
            if not turn.done():  # she has not left
                turn.set_result(None)
                return
        self._free += 1


def forum_named_in(query: str, body: bytes = b"") -> str:
    """Which forum a request names, by its name or a key: enough to keep lines apart, and to nobody a proof of it."""
    found = _NAMED.search(query.encode()) or _NAMED.search(body[:LOOKED_INTO])
    return forum_called(found[2].decode()) if found else ""
