"""A channel: one thread in one language, all who watch it in this process, and what was sent to them last."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from descant.discussion.reading import marks
from descant.discussion.reading.changes import Clock
from descant.forums.caches.sending import RestsOn
from descant.live import events
from descant.live.asking import Asked

KEPT_MOST = 64  # pieces, for those who come back
KEPT_BYTES = 256 * 1024
PAST_MOST = 8  # that were read for those who come back from further away


class Told(NamedTuple):
    """What a reading has found: where the thread stands, and as JSON what has changed; ``b""`` if nothing has.

    If it is not ``is_told`` it was too much, or of another epoch: then a page is to be read anew.
    """

    clock: Clock
    body: bytes
    rests_on: RestsOn  # no thread while nobody has written
    is_told: bool = True

    @property
    def slots(self) -> tuple[int, int]:
        """Those that are raised when it is no longer so."""
        return marks.slots_of(self.rests_on.forum_id, self.rests_on.thread_id)


class Piece(NamedTuple):
    """What leads from one version to another."""

    since: int
    until: int
    sent: bytes


@dataclass(slots=True, eq=False)
class Watcher:
    """One open stream. The server takes whatever it is given and keeps it; so what was sent is counted here."""

    client: str  # address:port
    transport: Any = None
    unread: int = 0  # bytes that nobody knows to have arrived

    def begin(self, transport: Any, piece: bytes) -> None:
        """Open it with this."""
        self.transport = transport
        self.send(piece)

    def send(self, piece: bytes) -> None:
        """Send it if it is open; that somebody has left the server tells whoever waits for that."""
        if self.transport is not None:
            self.unread += len(piece)
            self.transport.send_bytes(piece)

    def end(self) -> None:
        """End it, after what was sent."""
        self.transport = None


class Channel:
    """For the thread of the loop."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.watchers: set[Watcher] = set()
        self.told: Told | None = None  # until it was read
        self.seen = self.scores_seen = 0  # see `caching.slots`
        self.not_before = self.scores_not_before = 0.0
        self.scores: dict[int, int] | None = None  # until they were read
        self._lately: deque[Piece] = deque()  # without a gap, up to where the thread stands
        self._past: deque[Piece] = deque(maxlen=PAST_MOST)

    @property
    def clock(self) -> Clock:
        assert self.told is not None
        return self.told.clock

    def learn(self, told: Told) -> bytes:
        """Take over a newer reading; gives what to send to everybody."""
        before, self.told = self.told, told
        if before is None or before.clock == told.clock:
            return b""
        if not told.is_told or not told.clock.goes_on_from(before.clock):
            self._lately.clear()
            self._past.clear()
            return events.change(told.clock, events.RELOAD)
        piece = Piece(before.clock.version, told.clock.version, events.change(told.clock, told.body))
        self._lately.append(piece)
        while len(self._lately) > KEPT_MOST or sum(len(each.sent) for each in self._lately) > KEPT_BYTES:
            self._lately.popleft()
        return piece.sent

    def remember(self, since: Clock, told: Told) -> None:
        """Keep a reading for others who come back from the same version."""
        piece = Piece(since.version, told.clock.version, events.change(told.clock, told.body))
        self._past.append(piece)

    def missed(self, since: Clock) -> bytes | None:
        """What somebody has missed; None: it has to be read for her."""
        clock = self.clock
        if not clock.goes_on_from(since):
            return events.change(clock, events.RELOAD)
        if since.version == clock.version:
            return b""
        pieces = [piece for piece in self._lately if piece.since >= since.version]
        if pieces and pieces[0].since == since.version:
            return _joined(clock, pieces)
        past = next((piece for piece in reversed(self._past) if piece.since == since.version), None)
        if past is None:
            return None
        # What was read meanwhile may be told once more by the next piece; that changes nothing.
        later = [piece for piece in self._lately if piece.until > past.until]
        begins = later[0].since if later else clock.version
        return _joined(clock, [past, *later]) if past.until >= begins else None


def _joined(clock: Clock, pieces: Iterable[Piece]) -> bytes:
    joined = b"".join(piece.sent for piece in pieces)
    return joined if len(joined) <= events.LONGEST else events.change(clock, events.RELOAD)
