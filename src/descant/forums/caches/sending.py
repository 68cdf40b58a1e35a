"""Sending what is the same for everybody: an ETag, compressed, and words for the caches on the way."""

import hashlib
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from zlib_ng import gzip_ng

COMPRESS_FROM = 400
COMPRESS_LEVEL = 5  # 6 takes an eighth more time, for a quarter of a percent


class RestsOn(NamedTuple):
    """Of what a public page was made: when one of them changes it is old."""

    partition: str  # whose database was read
    forum_id: int
    revision: int
    thread_id: int | None  # None: nobody has written there yet
    version: int


class PublicPage(HttpResponse):
    """A page that is the same for everybody, so that it may be kept for as long as what it rests on stays as it is."""

    rests_on: RestsOn | None = None


def cacheable(
    request: HttpRequest, body: str, content_type: str, seconds: int, rests_on: RestsOn | None = None
) -> HttpResponse:
    """An answer that any cache may keep.

    Args:
        seconds: how long a shared cache may give it out without asking; a browser always asks, by ETag.
        rests_on: of what it was made, if it may be kept by whoever is told of each change.
    """
    raw = body.encode()
    etag = f'"{hashlib.sha256(raw).hexdigest()[:24]}"'
    response = PublicPage(raw, content_type=content_type)
    response.rests_on = rests_on
    response.headers["ETag"] = etag
    # Browsers are told by Expires that they must ask: HAProxy keeps nothing that says max-age=0.
    response.headers["Cache-Control"] = f"public, s-maxage={seconds}"
    response.headers["Expires"] = "Thu, 01 Jan 1970 00:00:00 GMT"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    unchanged = get_conditional_response(request, etag=etag, response=response)
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    if len(raw) >= COMPRESS_FROM and _takes_gzip(request):
        response.content = gzipped(raw)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["ETag"] = f"W/{etag}"
    return response


def gzipped(raw: bytes) -> bytes:
    """Packed, in the same way whenever it is done."""
    return gzip_ng.compress(raw, COMPRESS_LEVEL, mtime=0)


def _takes_gzip(request: HttpRequest) -> bool:
    for coding in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
