"""``Live``: the event streams of one process."""

import random
from typing import Any

from descant.live import events
from descant.live.admitting import Admitted, Limits
from descant.live.asking import Asking
from descant.live.channels import Channel, Watcher
from descant.live.telling import Busy, Teller, Unknown
from descant.live.watching import Watch
from descant.switches import is_on

HEADERS = [
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-store, no-transform"),
    ("X-Accel-Buffering", "no"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]


class Live:
    """Answers event streams. For the thread of the loop."""

    def __init__(self, teller: Teller, watch: Watch, limits: Limits) -> None:
        self.admitted = Admitted(limits)
        self._teller, self._watch = teller, watch
        self._is_closed = False

    async def answer(self, asking: Asking, address: str, client: str, protocol: Any) -> None:
        """Stream to somebody who watches, until she leaves or her stream is ended.

        Args:
            address: by which she is counted.
            client: the other end of the connection, ``address:port``.
            protocol: Granian's, of the request.
        """
        forum = asking.asked.forum
        is_open = not self._is_closed and is_on("live", forum=forum)
        refused = self.admitted.refusal(forum, address) if is_open else 503
        if refused:
            refuse(protocol, refused, after=random.randint(10, 60))
            return
        self.admitted.add(forum, address)
        watcher = Watcher(client)
        channel = self._watch.join(asking.asked, watcher)
        try:
            begun = await self._begun(channel, asking)
            # From here on nothing is waited for before she is sent what everybody is sent.
            watcher.begin(protocol.response_stream(200, HEADERS), begun)
            del asking, begun  # kept for each of ten thousand otherwise
            if self._is_closed:
                watcher.end()
            await protocol.client_disconnect()
        except Unknown:
            refuse(protocol, 404)
        except Busy:
            refuse(protocol, 503, after=random.randint(2, 10))
        finally:
            self.admitted.add(forum, address, -1)
            self._watch.leave(channel, watcher)

    def close(self) -> None:
        """End all streams: whoever watches comes back, to another process, and has missed nothing."""
        self._is_closed = True
        self._watch.end_all()

    async def _begun(self, channel: Channel, asking: Asking) -> bytes:
        await self._teller.begin(channel, asking.since)
        scores = await self._teller.scores(channel) if asking.again else b""
        missed = await self._teller.missed(channel, asking.since)
        return events.opening(channel.clock) + missed + scores


def refuse(protocol: Any, status: int, *, after: int = 0) -> None:
    """Say that there is no stream; ``after`` so many seconds there may be."""
    headers = [("Cache-Control", "no-store"), ("Content-Length", "0")]
    protocol.response_empty(status, [*headers, *([("Retry-After", str(after))] if after else [])])
