"""A hot page as it is kept and sent: its compressed bytes, its headers, and by what it is known to be old."""

import gzip
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

import brotli
from django.http import HttpResponseBase

from descant.discussion.reading import marks
from descant.embed.pages import FRESH_SECONDS, HTML
from descant.forums.caches.packing import gzipped
from descant.forums.caches.sending import Document, RestsOn, etag_of, told_to_caches
from descant.site.front.asking import best_coding, has_it
from descant.site.headers import ALWAYS

# What no slot tells, as "2 minutes ago" where no script runs, may be so old. At a time that is drawn a page is made
# anew, and goes on being sent meanwhile; later whoever asks waits.
SOFT_SECONDS, HARD_SECONDS = (420.0, 540.0), 600.0
SCORES_SECONDS = 5.0  # so old are scores, where somebody has voted
OVERHEAD = 2_000  # bytes of a kept page besides its bodies, about

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Answer:
    """An answer that is sent as it is, and not kept."""

    status: int
    headers: Headers
    body: bytes
    is_stale: bool = False  # it may be older than it should be

    def send(self, scope: Any, protocol: Any) -> str:
        """Answer; as ``Page.send`` does."""
        if scope.method == "HEAD" or not self.body:
            protocol.response_empty(self.status, self.headers)
        else:
            protocol.response_bytes(self.status, self.headers, self.body)
        return ""


class Head(NamedTuple):
    """All that is known of a page besides its bodies."""

    etag: str
    headers: Headers  # the content's type first; without what goes with a coding
    rests_on: RestsOn
    seen: int
    made_at: float
    soft_at: float


@dataclass(slots=True)
class Page:
    """A page that is the same for everybody. ``seen`` is older than what it was made of, see ``caching.slots``."""

    etag: str
    codings: dict[str, tuple[Headers, bytes]]
    unchanged: Headers  # of a 304
    seen: int
    thread_slot: int
    forum_slot: int
    scores_slot: int
    rests_on: RestsOn
    made_at: float
    soft_at: float
    hard_at: float
    sure_until: float = inf  # when other machines' changes must be asked for
    was_read: bool = False
    is_stale: bool = False  # a newer one is on its way, or failed to come
    unread: int = 0  # times that it was asked for elsewhere since somebody has read it

    @property
    def head(self) -> Head:
        """What ``page_with`` makes a page of."""
        headers, _ = self.codings["gzip"]
        return Head(self.etag, headers[:-3], self.rests_on, self.seen, self.made_at, self.soft_at)

    @property
    def size(self) -> int:
        """The bytes that it takes."""
        return OVERHEAD + sum(len(body) for _headers, body in self.codings.values())

    def pack(self, coding: str) -> None:
        """Pack it in one more coding."""
        headers, body = self._plain()
        small = _packed(coding, [body])
        self.codings[coding] = ([*headers[:-2], *_said(coding, self.etag, small)], small)

    def send(self, scope: Any, protocol: Any) -> str:
        """Answer a GET or HEAD.

        Returns:
            The coding that the reader would have it in, if it is not packed so yet; then nothing was sent.
        """
        said = scope.headers
        held = said.get("if-none-match")
        if held is not None and has_it(held, self.etag):
            protocol.response_empty(304, self.unchanged)
            return ""
        accepted = said.get("accept-encoding")
        coding = self._coding_for(accepted) if accepted is not None else ""
        packed = self.codings.get(coding)
        if packed is None and coding:
            return coding
        headers, body = packed or self._plain()
        if scope.method == "HEAD":
            protocol.response_empty(200, headers)
        else:
            protocol.response_bytes(200, headers, body)
        return ""

    def _coding_for(self, accepted: str) -> str:
        """Who reads a page first takes it as it is packed, if she may: most are never read again."""
        best = best_coding(accepted)
        if best in self.codings or self.was_read:
            return best
        return best_coding(accepted, (*self.codings, "")) or best

    def _plain(self) -> tuple[Headers, bytes]:
        """Hardly anybody asks for it so; it is not kept."""
        headers, body = self.codings["gzip"]
        plain = gzip.decompress(body)
        return [*headers[:-3], ("ETag", self.etag), ("Content-Length", str(len(plain)))], plain


def answer_of(response: HttpResponseBase) -> Answer:
    """A whole answer of Django's, as it is sent."""
    body = b"".join(response)
    return Answer(response.status_code, headers_of(response), body)


def headers_of(response: HttpResponseBase) -> Headers:
    """All headers, each cookie one of its own."""
    cookies = [("Set-Cookie", each.OutputString()) for each in response.cookies.values()]
    return [*response.items(), *cookies]


def page_of(document: Document, codings: Collection[str], *, seen: int, made_at: float) -> Page | Answer:
    """The page to keep of a document, packed; an answer to send if it is none that may be kept."""
    own = {"Content-Type": HTML, **ALWAYS, **document.headers}
    if document.rests_on is None:
        body = b"".join(document.pieces)
        return Answer(document.status, [*own.items(), ("Content-Length", str(len(body)))], body)
    headers = [*own.items(), *told_to_caches(FRESH_SECONDS).items()]
    due_at = made_at + random.uniform(*SOFT_SECONDS)
    bodies = {coding: _packed(coding, document.pieces) for coding in codings}
    head = Head(etag_of(bodies["gzip"]), headers, document.rests_on, seen, made_at, due_at)
    return page_with(head, bodies)


def page_with(head: Head, bodies: Mapping[str, bytes]) -> Page:
    """The page of this head, with these packed bodies by their codings."""
    kind = head.headers[0]
    common = _shared(tuple(head.headers[1:]))
    thread_id = head.rests_on.thread_id
    thread_slot, forum_slot = marks.slots_of(head.rests_on.forum_id, thread_id)
    return Page(
        etag=head.etag,
        codings={
            coding: ([kind, *common, *_said(coding, head.etag, body)], body)
            for coding, body in bodies.items()
        },
        unchanged=[*common, ("ETag", f"W/{head.etag}")],
        seen=head.seen,
        thread_slot=thread_slot,
        forum_slot=forum_slot,
        scores_slot=marks.slot_of_scores(thread_id),
        rests_on=head.rests_on,
        made_at=head.made_at,
        soft_at=head.soft_at,
        hard_at=head.made_at + HARD_SECONDS,
    )


def _packed(coding: str, pieces: Sequence[bytes]) -> bytes:
    return brotli.compress(b"".join(pieces), quality=5) if coding == "br" else gzipped(pieces)


def _said(coding: str, etag: str, body: bytes) -> Headers:
    return [("ETag", f"W/{etag}"), ("Content-Encoding", coding), ("Content-Length", str(len(body)))]


@lru_cache(maxsize=1_024)
def _shared(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The same headers, once in memory for all pages that have them."""
    return headers
