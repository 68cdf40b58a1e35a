"""The envelope of every answer, and the one place where a refusal becomes an error code."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from descant.discussion.addressing.addresses import NoAddress
from descant.discussion.judging.barring import Banned
from descant.discussion.judging.naming import BadName
from descant.discussion.judging.pacing import TooFast
from descant.discussion.posting import KeyReused, Refused
from descant.discussion.tree.cursors import BadCursor
from descant.forums.directory import UnknownForum, UnknownKey
from descant.forums.domains import PageOutside

BAD_ARGUMENT, BAD_KEY, NOT_ALLOWED, NOT_FOUND, TOO_FAST, OUT_OF_REACH = 2, 5, 12, 8, 13, 15
RETRY_SECONDS = 2


class BadArgument(ValueError):
    """An argument that is missing or cannot be read."""


class NotAllowed(Exception):
    """A key that may not do this, or may not do it from there."""


_STATUS: dict[type[Exception], tuple[int, int]] = {
    UnknownKey: (401, BAD_KEY),
    UnknownForum: (404, NOT_FOUND),
    NotAllowed: (403, NOT_ALLOWED),
    PageOutside: (403, NOT_ALLOWED),
    KeyReused: (409, BAD_ARGUMENT),
    TooFast: (429, TOO_FAST),
    Banned: (403, NOT_ALLOWED),
    ObjectDoesNotExist: (404, NOT_FOUND),
    Refused: (400, BAD_ARGUMENT),
    BadArgument: (400, BAD_ARGUMENT),
    BadName: (400, BAD_ARGUMENT),
    BadCursor: (400, BAD_ARGUMENT),
    NoAddress: (400, BAD_ARGUMENT),
    OperationalError: (503, OUT_OF_REACH),
    InterfaceError: (503, OUT_OF_REACH),
}


def endpoint(
    method: str,
) -> Callable[[Callable[[HttpRequest], HttpResponse]], Callable[[HttpRequest], HttpResponse]]:
    """A view of the API: one method, refusals in the envelope."""

    def decorate(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answering(request: HttpRequest) -> HttpResponse:
            if request.method != method and not (method == "GET" and request.method == "HEAD"):
                return envelope(BAD_ARGUMENT, f"This endpoint is asked by {method}.", 405)
            try:
                return view(request)
            except tuple(_STATUS) as refused:
                return _refusal(refused)

        return answering

    return decorate


def envelope(code: int, response: Any, status: int = 200, **more: Any) -> HttpResponse:
    """``{"code": 0, "response": …}``; another code is an error and its response a sentence."""
    body = orjson.dumps({"code": code, "response": response, **more})
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Cache-Control": "no-store, private"}
    )


def _refusal(refused: Exception) -> HttpResponse:
    status, code = next(answer for kind, answer in _STATUS.items() if isinstance(refused, kind))
    message = str(refused)
    if code == OUT_OF_REACH:
        message = "The comments are out of reach just now: try again in a moment."
    answer = envelope(code, message, status)
    if isinstance(refused, TooFast):
        answer.headers["Retry-After"] = str(refused.retry_after)
    elif status == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
