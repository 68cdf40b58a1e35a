"""``Teller``: reads what has changed in a thread, once for all who watch it, and sends it to them."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Protocol

from descant.discussion.reading.changes import Clock
from descant.live import events
from descant.live.asking import Asked
from descant.live.channels import Channel, Told
from django_headroom.caching.slots import Slots

BETWEEN = 0.1  # seconds from one reading of a thread to its next: what comes faster is told together
SCORES_BETWEEN = 5.0
AGAIN = 1.0  # after a reading that failed
AT_ONCE = 1_000  # watchers who are sent to before somebody else has a turn


class Unknown(Exception):
    """There is no such thread here."""


class Busy(Exception):
    """It cannot be read just now."""


class Readings(Protocol):
    """How threads are read. Both raise ``Unknown`` or ``Busy``."""

    async def tell(self, asked: Asked, since: Clock) -> Told:
        """What has changed since, drawn."""

    async def scores(self, asked: Asked, told: Told) -> dict[int, int]:
        """The scores of a thread."""


class Teller:
    """For the thread of the loop. ``seen`` is always older than what was read after it, see ``caching.slots``."""

    def __init__(self, readings: Readings, slots: Slots) -> None:
        self._readings, self._slots = readings, slots
        self._under_way: dict[tuple[Asked, Clock | None], asyncio.Task[None]] = {}

    async def begin(self, channel: Channel, since: Clock) -> None:
        """Find out where a channel's thread stands, and what has changed since; many who ask at once wait for one."""
        if channel.told is None:
            await self._once(channel, None, lambda: self._read(channel, since))

    async def missed(self, channel: Channel, since: Clock) -> bytes:
        """What somebody has missed who comes back; likewise."""
        missed = channel.missed(since)
        if missed is None:
            await self._once(channel, since, lambda: self._read(channel, since))
            missed = channel.missed(since)
        return events.change(channel.clock, events.RELOAD) if missed is None else missed

    async def scores(self, channel: Channel) -> bytes:
        """All scores, for somebody who comes back."""
        if (
            channel.scores is None
            and channel.told is not None
            and channel.told.rests_on.thread_id is not None
        ):
            seen = self._slots.last()
            channel.scores = await self._readings.scores(channel.asked, channel.told)
            channel.scores_seen = seen
        return events.scores(channel.scores) if channel.scores else b""

    async def tell(self, channel: Channel) -> None:
        """Tell everybody what has changed."""
        seen = self._slots.last()
        channel.not_before = time.monotonic() + BETWEEN
        try:
            told = await self._readings.tell(channel.asked, channel.clock)
        except Busy:
            channel.not_before = time.monotonic() + AGAIN
            return
        except Unknown:
            for watcher in channel.watchers:
                watcher.end()
            return
        channel.seen = seen
        await send(channel, channel.learn(told))

    async def tell_scores(self, channel: Channel) -> None:
        """Tell everybody which scores have changed; the first time, all that there are."""
        seen, before = self._slots.last(), channel.scores or {}
        channel.scores_not_before = time.monotonic() + SCORES_BETWEEN
        assert channel.told is not None
        try:
            found = await self._readings.scores(channel.asked, channel.told)
        except (Busy, Unknown):
            return
        channel.scores, channel.scores_seen = found, seen
        changed = {pk: score for pk, score in found.items() if before.get(pk) != score}
        changed |= {pk: 0 for pk in before if pk not in found}
        if changed:
            await send(channel, events.scores(changed))

    async def _read(self, channel: Channel, since: Clock) -> None:
        seen = self._slots.last()
        told = await self._readings.tell(channel.asked, since)
        if channel.told is None:
            channel.told, channel.seen, channel.scores_seen = told, seen, seen
        if told.body:
            channel.remember(since, told)

    async def _once(
        self, channel: Channel, since: Clock | None, read: Callable[[], Coroutine[object, object, None]]
    ) -> None:
        key = channel.asked, since
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.get_running_loop().create_task(read())
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        await asyncio.shield(task)


async def send(channel: Channel, piece: bytes) -> None:
    """The same bytes to all; who begins to watch meanwhile is sent them by herself."""
    watchers = list(channel.watchers) if piece else []
    for at in range(0, len(watchers), AT_ONCE):
        for watcher in watchers[at : at + AT_ONCE]:
            watcher.send(piece)
        await asyncio.sleep(0)
