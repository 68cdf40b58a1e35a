"""The front of one process: it answers hot pages on its loop, and has Django answer everything else."""

import asyncio
from collections.abc import Collection, Coroutine
from http import HTTPStatus
from math import inf
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import InterfaceError, OperationalError

from descant.discussion.signals import thread_changed
from descant.live.asking import PATH as LIVE
from descant.live.asking import asking_in
from descant.site.front.asking import COMMENTS, page_asked
from descant.site.front.behind import Behind, request_of_nobody
from descant.site.front.elsewhere import ASK_ALONE_EVERY, Elsewhere, raise_what_changed
from descant.site.front.ending import before_the_end
from descant.site.front.hot import HotPages
from descant.site.front.making import make_page
from descant.site.front.pages import Answer, Page, answer_of
from descant.site.front.streams import address_in, live_streams
from descant.site.front.together import Together
from descant.site.front.waiting import Threads
from descant.site.headers import note_out_of_reach
from django_headroom.caching.slots import slots
from django_headroom.operations.errors.counting import leave
from django_headroom.operations.exporting import reads
from django_headroom.operations.performance import counted
from django_headroom.operations.performance.watching import watch


class Front:
    """What Granian calls, by its own interface: ``__rsgi_init__`` once, ``__rsgi__`` for each request."""

    def __init__(self) -> None:
        route = COMMENTS.strip("/") + "/"
        self.answered, self.stale = counted("front", route), counted("front", route, "stale")
        self.behind = Behind(WSGIHandler(), settings.DESCANT_THREADS)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        threads = settings.DESCANT_THREADS
        self.makers = Threads(max(1, threads - 1), "maker")
        times = {"sure": inf, "every": ASK_ALONE_EVERY} if settings.DESCANT_ONE_MACHINE else {}
        self.elsewhere = Elsewhere(raise_what_changed, slots(), **times)
        run = settings.DESCANT_RUN
        self.hot = HotPages(
            self.make,
            makers=self.makers,
            room=settings.DESCANT_HOT_MB * 1024**2,
            slots=slots(),
            elsewhere=self.elsewhere,
            together=Together(self.make, run, later=self.makers.later) if run else None,
        )
        self.live = live_streams(self.makers)
        if self.live is not None:
            before_the_end(loop, self.live.close)
            reads("descant_live_readers", "Readers who are told what changes.", self.live.admitted.number)
        thread_changed.connect(self._changed, weak=False)
        watch()  # what is only counted is brought in also where no request is ever recorded

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.behind.close()
        self.makers.close()
        self.elsewhere.close()
        leave()  # the server forks its processes, and Python takes no leave there

    def __rsgi__(self, scope: Any, protocol: Any) -> Coroutine[Any, Any, None]:
        """What is to be awaited: of who watches, for as long as she does, no more than her stream."""
        if scope.path == LIVE and scope.method == "GET" and self.live is not None:
            asking = asking_in(scope.query_string, scope.headers.get("last-event-id"))
            if asking is not None:
                return self.live.answer(asking, address_in(scope), scope.client, protocol)
        return self._answer(scope, protocol)

    async def _answer(self, scope: Any, protocol: Any) -> None:
        if scope.path == COMMENTS and scope.method in ("GET", "HEAD"):
            asked = page_asked(scope.query_string)
            if asked is not None:
                page = self.hot.ready(asked) or await self.hot.page(asked)
                self.answered.number += 1
                self.stale.number += page.is_stale
                if (coding := page.send(scope, protocol)) and isinstance(page, Page):
                    await self.hot.pack(asked, page, coding)
                    page.send(scope, protocol)
                return
        await self.behind.answer(scope, protocol)

    def make(self, asked: str, codings: Collection[str]) -> Page | Answer:
        """A page, the same for everybody; what fails is met once more by Django, who says so.

        While the primary is out of reach that is what its replicas know. It is sent and not kept, for it may be old.
        """
        try:
            return make_page(asked, codings)
        except (OperationalError, InterfaceError) as error:
            note_out_of_reach(error)
        except Exception:  # noqa: BLE001 - it is raised again where errors of requests are captured and answered
            pass
        response = self.behind.ask(request_of_nobody(COMMENTS, asked))
        try:
            answer = answer_of(response)
            answer.is_stale = answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
            return answer
        finally:
            response.close()

    def _changed(self, *, thread_id: int, **_: object) -> None:
        self.hot.refresh(thread_id)
