"""Sending what is the same for everybody: an ETag, compressed, and words for the caches on the way."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from descant.forums.caches.packing import gzipped

COMPRESS_FROM = 400


class RestsOn(NamedTuple):
    """Of what a public page was made: when one of them changes it is old."""

    partition: str  # whose database was read
    forum_id: int
    revision: int
    thread_id: int | None  # None: nobody has written there yet
    version: int


class Document(NamedTuple):
    """An answer in HTML that is the same for everybody, in pieces, before anybody asks how it is to be packed."""

    pieces: Sequence[bytes]
    headers: Mapping[str, str]  # its own, besides those that ``told_to_caches`` gives
    status: int = 200
    rests_on: RestsOn | None = None  # if it may be kept for as long as that stays as it is


def cacheable(request: HttpRequest, body: str | bytes, content_type: str, seconds: int) -> HttpResponse:
    """An answer that any cache may keep.

    Args:
        seconds: how long a shared cache may give it out without asking; a browser always asks, by ETag.
    """
    raw = body.encode() if isinstance(body, str) else body
    etag = etag_of(raw)
    response = HttpResponse(raw, content_type=content_type, headers={"ETag": etag, **told_to_caches(seconds)})
    unchanged = get_conditional_response(request, etag=etag, response=response)
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    if len(raw) >= COMPRESS_FROM and _takes_gzip(request):
        response.content = gzipped([raw])
        response.headers["Content-Encoding"] = "gzip"
        response.headers["ETag"] = f"W/{etag}"
    return response


def etag_of(raw: bytes) -> str:
    """What tells an answer from every other; for one that is packed it is weak."""
    return f'"{hashlib.sha256(raw).hexdigest()[:24]}"'


def told_to_caches(seconds: int) -> Mapping[str, str]:
    """The headers of what any cache may keep for so long, besides its ETag."""
    return {
        # Browsers are told by Expires that they must ask: HAProxy keeps nothing that says max-age=0.
        "Cache-Control": f"public, s-maxage={seconds}",
        "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def _takes_gzip(request: HttpRequest) -> bool:
    for coding in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
