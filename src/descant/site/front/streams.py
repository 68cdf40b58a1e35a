"""Event streams at the front: how those who watch have their threads read, by a few threads, and drawn."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from descant.accounts.network import address_of
from descant.discussion.addressing.addresses import NoAddress, PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.models import Thread
from descant.discussion.reading.changes import Clock, read_changes, read_scores
from descant.embed.drawing import draw_changes
from descant.forums.caches.sending import RestsOn
from descant.forums.directory import UnknownForum, forum_named, forum_with_id
from descant.live.admitting import Limits, files_for
from descant.live.asking import Asked
from descant.live.channels import Told
from descant.live.streams import Live
from descant.live.telling import Busy, Teller, Unknown
from descant.live.watching import ASK_EVERY, Watch
from descant.site.front.elsewhere import ASK_ALONE_EVERY, raise_what_changed
from descant.site.front.waiting import Threads, TooMany
from django_headroom.caching.slots import slots
from django_headroom.transactions import alias_of

Found = TypeVar("Found")


def live_streams(threads: Threads) -> Live | None:
    """The event streams of this process; None where frames ask from time to time instead."""
    if not settings.DESCANT_LIVE:
        return None
    readings, table = _Readings(threads), slots()
    most = files_for(settings.DESCANT_LIVE_READERS)
    limits = Limits(most, settings.DESCANT_LIVE_OF_FORUM, settings.DESCANT_LIVE_OF_ADDRESS)
    teller = Teller(readings, table)
    ask_every = ASK_ALONE_EVERY if settings.DESCANT_ONE_MACHINE else ASK_EVERY
    return Live(teller, Watch(teller, table, readings.ask_elsewhere, ask_every), limits)


def address_in(scope: Any) -> str:
    """The address by which who asks is counted.

    A proxy may add a header of its own to one that a stranger has sent: all of them are one list.
    """
    hops = ",".join(scope.headers.get_all("x-forwarded-for"))
    return address_of(scope.client.rpartition(":")[0].strip("[]"), hops)


class _Readings:
    """Reads in the threads that make pages, each forum when it is its turn."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def tell(self, asked: Asked, since: Clock) -> Told:
        return await self._run(asked.forum, partial(_tell, asked, since))

    async def scores(self, asked: Asked, told: Told) -> dict[int, int]:
        return await self._run(asked.forum, partial(_scores, told))

    async def ask_elsewhere(self, partition: str, rests: Sequence[RestsOn]) -> None:
        """Beside those threads: a database that does not answer holds none of them."""
        await asyncio.to_thread(_read, partial(raise_what_changed, partition, rests))

    async def _run(self, forum: str, call: Callable[[], Found]) -> Found:
        try:
            return await self._threads.run(forum, partial(_read, call))
        except TooMany as refused:
            raise Busy from refused


def _read(call: Callable[[], Found]) -> Found:
    """Whatever becomes of the databases, a thread of ours goes on with connections that are good."""
    close_old_connections()
    try:
        return call()
    except (UnknownForum, NoAddress, Thread.DoesNotExist) as error:
        raise Unknown from error
    except (OperationalError, InterfaceError) as error:
        raise Busy from error
    finally:
        close_old_connections()


def _tell(asked: Asked, since: Clock) -> Told:
    forum = forum_named(asked.forum)
    thread_id = asked.thread
    if thread_id is None:
        written = find_thread(forum, PageAddress(asked.identifier, asked.url), using=alias_of(forum))
        thread_id = written.pk if written else None
    if thread_id is None:
        return Told(
            Clock(str(forum.epoch), 0), b"", RestsOn(forum.partition, forum.pk, forum.revision, None, 0)
        )
    found = read_changes(forum=forum, thread_id=thread_id, since=since)
    is_news = not found.told or found.clock.version != since.version
    body = draw_changes(forum, found, asked.language) if is_news else b""
    rests_on = RestsOn(forum.partition, forum.pk, forum.revision, thread_id, found.clock.version)
    return Told(found.clock, body, rests_on, found.told)


def _scores(told: Told) -> dict[int, int]:
    thread_id = told.rests_on.thread_id
    assert thread_id is not None
    return read_scores(forum=forum_with_id(told.rests_on.forum_id), thread_id=thread_id)
