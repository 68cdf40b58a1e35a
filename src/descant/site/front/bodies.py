"""Bodies of requests as they come: in memory, and on disk what is longer, of those alone who may send such."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from descant.discussion.deciding.carrying import uploads_folder
from descant.site.front.pages import Answer

MEMORY_MOST = (
    1024 * 1024
)  # of one body: more than Django takes but for files, so that it says what is too much
HELD_MOST = 64 * 1024 * 1024  # of all bodies that a process holds in memory
ON_DISK_MOST = 2  # bodies of a process at a time
SECONDS = 30.0  # for what is in memory, and then for each megabyte


def refusal(status: int, *more: tuple[str, str]) -> Answer:
    return Answer(status, [("Cache-Control", "no-store"), ("Content-Length", "0"), *more], b"")


ENDS = ("Connection", "close")  # what else is sent is not read
TOO_LARGE, TOO_SLOW, CUT_OFF = refusal(413, ENDS), refusal(408, ENDS), refusal(400, ENDS)
TOO_MANY, TOO_MANY_ON_DISK = refusal(503, ("Retry-After", "1")), refusal(503, ("Retry-After", "60"), ENDS)
FULL = refusal(507, ENDS)


@dataclass
class Body:
    """What has come of a body: pieces in memory, or all of it in a file that goes when it is closed."""

    pieces: list[bytes] = field(default_factory=list)
    length: int = 0
    file: IO[bytes] | None = None

    @property
    def head(self) -> bytes:
        """What is in memory of it."""
        return b"".join(self.pieces)

    def opened(self) -> IO[bytes]:
        """From its beginning."""
        if self.file is None:
            return io.BytesIO(self.head)
        self.file.seek(0)
        return self.file


Pieces = AsyncIterator[bytes]
Judging = Callable[[Any, Body], Awaitable[Answer | None]]


class Bodies:
    """The bodies that a process holds. For the thread of the loop.

    Args:
        takes_more: whether what stands at this path takes more than fits in memory.
        refused: what is answered to a request of which so much has come, if more of it is not to be read.
        longest: bytes of a body on disk.
    """

    def __init__(self, takes_more: Callable[[str], bool], refused: Judging, longest: int) -> None:
        self._takes_more, self._refused, self._longest = takes_more, refused, longest
        self._held = self._on_disk = 0

    async def read(self, scope: Any, protocol: Any, body: Body) -> Answer | None:
        """Read it, as fast as it is sent: meanwhile it takes no place. The answer, if it is not to be had.

        Of a client who leaves in the middle, Granian tells no more than that the body has ended.
        """
        if scope.method in ("GET", "HEAD"):
            return None
        said = scope.headers.get("content-length") or ""
        promised = int(said) if said.isdecimal() else 0
        pieces = _pieces(protocol)
        answer = await self._take(pieces, body)
        if answer is None and body.length > MEMORY_MOST:
            answer = await self._go_on(scope, pieces, body, promised)
        return answer or (CUT_OFF if body.length < promised else None)

    def let_go(self, body: Body) -> None:
        """It is answered."""
        self._held -= sum(map(len, body.pieces))
        if body.file is not None:
            self._on_disk -= 1
            body.file.close()

    async def _take(self, pieces: Pieces, body: Body) -> Answer | None:
        """Into memory: all of it, or of what is longer as much as anybody may send, and a piece more."""
        taken = 0
        try:
            async with asyncio.timeout(SECONDS):
                async for piece in pieces:
                    body.pieces.append(piece)
                    taken += len(piece)
                    body.length += len(piece)
                    self._held += len(piece)
                    if self._held > HELD_MOST:
                        return TOO_MANY
                    if taken > MEMORY_MOST:
                        break
        except TimeoutError:
            return TOO_SLOW
        return None

    async def _go_on(self, scope: Any, pieces: Pieces, body: Body, promised: int) -> Answer | None:
        if not self._takes_more(scope.path) or promised > self._longest:
            return TOO_LARGE
        if answer := await self._refused(scope, body):
            return answer
        if self._on_disk >= ON_DISK_MOST:
            return TOO_MANY_ON_DISK
        try:
            body.file = TemporaryFile(dir=uploads_folder())  # noqa: SIM115  (closed when it is let go)
            self._on_disk += 1
            return await self._onto_disk(pieces, body, body.file)
        except OSError:
            return FULL

    async def _onto_disk(self, pieces: Pieces, body: Body, file: IO[bytes]) -> Answer | None:
        """What is in memory, and then each further megabyte."""
        while body.pieces:
            await asyncio.to_thread(file.writelines, body.pieces)
            self._held -= sum(map(len, body.pieces))
            body.pieces.clear()
            if answer := await self._take(pieces, body):
                return answer
            if body.length > self._longest:
                return TOO_LARGE
        return None


async def _pieces(protocol: Any) -> Pieces:
    """As they come; unlike the protocol's own these can be gone on with after a break."""
    async for piece in protocol:
        yield piece
