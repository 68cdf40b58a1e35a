"""``Watch``: who notices what changes in all threads that are watched in a process.

The slots of this machine are looked at some twenty times a second, if any was raised. What other machines have changed
the databases are asked once a second, for all threads together; that raises the slots. Where there are none they are
asked now and then, should somebody have died between a change and the raise.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from itertools import islice

from descant.discussion.reading import marks
from descant.forums.caches.sending import RestsOn
from descant.live import events, sockets
from descant.live.asking import Asked
from descant.live.channels import Channel, Watcher
from descant.live.telling import Teller, send
from descant.switches import is_on
from django_headroom.caching.slots import Slots

LOOK_EVERY = 0.05  # seconds
ASK_EVERY = CUT_EVERY = 1.0
BEAT_EVERY = 15.0  # shorter than proxies wait
UNWRITTEN_MOST = 20  # pages where nobody has written, that are looked for each time that others are asked
SLOW_FROM, SLOW_MOST = 64 * 1024, 256 * 1024  # bytes on the way to one: then she is looked at, then cut

AskElsewhere = Callable[[str, Sequence[RestsOn]], Coroutine[object, object, None]]


class Watch:
    """For the thread of the loop.

    Args:
        elsewhere: asks a partition what was changed and told to nobody here: by other machines, or by who died over it.
        ask_every: seconds.
    """

    def __init__(
        self, teller: Teller, slots: Slots, elsewhere: AskElsewhere, ask_every: float = ASK_EVERY
    ) -> None:
        self._teller, self._slots = teller, slots
        self._elsewhere, self._ask_every = elsewhere, ask_every
        self._channels: dict[Asked, Channel] = {}
        self._due: set[Channel] = set()
        self._due_scores: set[Channel] = set()
        self._busy: dict[tuple[str, object], asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._looked = 0  # the last number of the slots that was looked at

    def join(self, asked: Asked, watcher: Watcher) -> Channel:
        """Let somebody watch; what is sent before her stream is open, is not sent to her."""
        channel = self._channels.get(asked)
        if channel is None:
            channel = self._channels[asked] = Channel(asked)
        channel.watchers.add(watcher)
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return channel

    def leave(self, channel: Channel, watcher: Watcher) -> None:
        """She has left; a channel that nobody watches is forgotten."""
        channel.watchers.discard(watcher)
        watcher.end()
        if not channel.watchers and self._channels.get(channel.asked) is channel:
            del self._channels[channel.asked]

    def end_all(self) -> None:
        """End all streams."""
        for watcher in self._watchers():
            watcher.end()

    async def _look(self) -> None:
        """While anybody watches."""
        begun = time.monotonic()
        beat_at, cut_at, ask_at = begun + BEAT_EVERY, begun + CUT_EVERY, begun + self._ask_every
        while self._channels:
            await asyncio.sleep(LOOK_EVERY)
            now = time.monotonic()
            self._look_at_slots()
            self._tell_what_is_due(now)
            if now >= beat_at:
                beat_at = now + BEAT_EVERY
                self._begin("beat", None, self._beat())
            if now >= cut_at:
                cut_at = now + CUT_EVERY
                self._begin("cut", None, self._cut_slow_ones())
                self._end_switched_off()
            if now >= ask_at:
                ask_at = now + self._ask_every
                self._ask()
        self._looking = None

    def _look_at_slots(self) -> None:
        last = self._slots.last()
        if last == self._looked:
            return
        is_fresh, is_first_read = self._slots.is_fresh, False
        for channel in self._channels.values():
            told = channel.told
            if told is None:
                is_first_read = True
                continue
            if not is_fresh(channel.seen, *told.slots):
                self._due.add(channel)
            if not is_fresh(channel.scores_seen, marks.slot_of_scores(told.rests_on.thread_id)):
                self._due_scores.add(channel)
        self._looked = 0 if is_first_read else last

    def _tell_what_is_due(self, now: float) -> None:
        for channel in [each for each in self._due if each.not_before <= now]:
            if self._begin("tell", channel, self._tell(channel)):
                self._due.discard(channel)
        for channel in [each for each in self._due_scores if each.scores_not_before <= now]:
            if self._begin("scores", channel, self._teller.tell_scores(channel)):
                self._due_scores.discard(channel)

    async def _tell(self, channel: Channel) -> None:
        await self._teller.tell(channel)
        told = channel.told
        if told and not self._slots.is_fresh(channel.seen, *told.slots):
            self._due.add(channel)  # raised meanwhile, or it could not be read

    def _begin(self, what: str, key: object, work: Coroutine[object, object, None]) -> bool:
        """Have something done beside the looking, once at a time."""
        if (what, key) in self._busy:
            work.close()
            return False
        task = self._busy[what, key] = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda _: self._busy.pop((what, key)))
        return True

    async def _beat(self) -> None:
        for channel in list(self._channels.values()):
            await send(channel, events.BEAT)

    def _ask(self) -> None:
        """Of each partition once, whatever becomes of the others."""
        channels = [channel for channel in self._channels.values() if channel.told is not None]
        rests: dict[str, list[RestsOn]] = defaultdict(list)
        for told in (channel.told for channel in channels):
            if told is not None and told.rests_on.thread_id is not None:
                rests[told.rests_on.partition].append(told.rests_on)
        for partition, known in rests.items():
            self._begin("ask", partition, self._elsewhere(partition, known))
        # Where there is no thread nobody can ask for its version; those that were asked for last come last.
        unwritten = [each for each in channels if each.told and each.told.rests_on.thread_id is None]
        unwritten.sort(key=lambda channel: channel.not_before)
        self._due.update(islice(unwritten, UNWRITTEN_MOST))

    def _end_switched_off(self) -> None:
        """Whoever watches comes back, is refused, and asks from time to time instead."""
        for channel in self._channels.values():
            if not is_on("live", forum=channel.asked.forum):
                for watcher in channel.watchers:
                    watcher.end()

    async def _cut_slow_ones(self) -> None:
        """Who has taken all is counted anew; who has too much on its way is cut, and comes back if she is there."""
        suspects = {each.client: each for each in self._watchers() if each.unread > SLOW_FROM}
        if not suspects:
            return
        loop = asyncio.get_running_loop()
        lines = await loop.run_in_executor(None, sockets.lines_to, set(suspects))
        slow = set()
        for client, watcher in suspects.items():
            line = lines.get(client)
            if line is not None and not line.waiting:
                watcher.unread = 0
            elif watcher.unread > SLOW_MOST:
                watcher.end()
                if line is not None:
                    slow.add(line.inode)
        await loop.run_in_executor(None, sockets.cut, slow)

    def _watchers(self) -> list[Watcher]:
        return [watcher for channel in self._channels.values() for watcher in channel.watchers]
