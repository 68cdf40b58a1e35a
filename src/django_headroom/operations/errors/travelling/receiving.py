"""Errors of other programs, sent as envelopes by any SDK of Sentry: authenticated, bounded, and never unpickled.

Put ``path("api/<int:project>/envelope/", receive_envelope)`` into the project's addresses; the programs get the DSN
``https://KEY@host/PROJECT``.
"""

import json
import re
import threading
import time
import zlib
from typing import Any
from urllib.parse import unquote

import brotli
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from django_headroom.conf import headroom
from django_headroom.operations.errors.sdk import receive, scrubbed_event

PACKED_MOST = 512 * 1024
UNPACKED_MOST = 2 * 1024 * 1024
ITEMS_MOST = 50
A_SECOND, AT_ONCE = 20.0, 200.0
"""How many envelopes a project may send to each process, on and on and in a burst."""

_KEY = re.compile(r"(?:^|[\s,])sentry_key=([\w-]+)")


class Refused(Exception):
    """An envelope that is not taken: the status, the reason, and the seconds after which to come again."""

    def __init__(self, status: int, reason: str, again: int = 0) -> None:
        super().__init__(reason)
        self.status, self.reason, self.again = status, reason, again


class _Allowances:
    """A bucket for each project, which fills again at a steady pace."""

    def __init__(self) -> None:
        self.left: dict[str, tuple[float, float]] = {}
        self.lock = threading.Lock()

    def take(self, project: str) -> bool:
        now = time.monotonic()
        with self.lock:
            left, at = self.left.get(project, (AT_ONCE, now))
            left = min(AT_ONCE, left + (now - at) * A_SECOND)
            self.left[project] = (left - 1 if left >= 1 else left, now)
        return left >= 1


_allowances = _Allowances()


@csrf_exempt
@require_POST
def receive_envelope(request: HttpRequest, project: int) -> HttpResponse:
    """Take in an envelope of another program; what is no event in it is passed over."""
    try:
        name = _admitted(request, str(project))
        header, events = parse_envelope(_body(request))
    except Refused as refused:
        answer = JsonResponse({"detail": refused.reason}, status=refused.status)
        if refused.again:
            answer.headers["Retry-After"] = str(refused.again)
            answer.headers["X-Sentry-Rate-Limits"] = f"{refused.again}::organization"
        return answer
    for event in events:
        receive(scrubbed_event(event), name)
    return JsonResponse({"id": str(header.get("event_id") or "")})


def parse_envelope(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The header of an envelope and the events in it.

    Raises:
        Refused: it is no envelope.
    """
    line, _, rest = body.partition(b"\n")
    header, events = _object(line), []
    for _ in range(ITEMS_MOST):
        if not rest.strip():
            break
        line, _, rest = rest.partition(b"\n")
        about = _object(line)
        length = about.get("length")
        if isinstance(length, int) and 0 <= length <= len(rest):
            payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        else:
            payload, _, rest = rest.partition(b"\n")
        if about.get("type") == "event":
            events.append(_object(payload))
    return header, events


def _admitted(request: HttpRequest, project: str) -> str:
    wanted = headroom().errors_keys.get(project, "")
    found = _KEY.search(request.headers.get("X-Sentry-Auth", ""))
    given = found[1] if found else unquote(request.GET.get("sentry_key", ""))
    if not wanted or not constant_time_compare(given, wanted):
        raise Refused(403, "No program is known by this key.")
    if not _allowances.take(project):
        raise Refused(429, "That is more than is taken in.", again=10)
    return project


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > PACKED_MOST:
        raise Refused(413, f"An envelope has at most {PACKED_MOST} bytes.")
    packed = request.read(PACKED_MOST + 1)
    encoding = request.headers.get("Content-Encoding", "").lower()
    if encoding in ("", "identity"):
        return bytes(packed)
    if encoding not in ("gzip", "deflate", "br"):
        raise Refused(415, "Send it plain, or packed by gzip or br.")
    return _unpacked(packed, encoding)


def _unpacked(packed: bytes, encoding: str) -> bytes:
    """No further than it may be long, so that a few bytes that unfold to gigabytes cost nothing."""
    try:
        body, is_all = _from_brotli(packed) if encoding == "br" else _from_gzip(packed)
    except (zlib.error, brotli.error) as error:
        raise Refused(400, "It cannot be unpacked.") from error
    if not is_all:
        raise Refused(413, f"Unpacked it has at most {UNPACKED_MOST} bytes, and an end.")
    return body


def _from_gzip(packed: bytes) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    return unpacker.decompress(packed, UNPACKED_MOST), unpacker.eof


def _from_brotli(packed: bytes) -> tuple[bytes, bool]:
    unpacker = brotli.Decompressor()
    body: bytes = unpacker.process(packed, output_buffer_limit=UNPACKED_MOST)
    return body, bool(unpacker.is_finished())


def _no_number(name: str) -> None:
    """Python reads what no other program does: no database takes it."""
    raise ValueError(name)


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "It is no envelope.") from error
    if not isinstance(found, dict):
        raise Refused(400, "It is no envelope.")
    return found
