"""The envelope of every answer, and the one place where a refusal becomes an error code."""

from typing import Any

import orjson
from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse

from descant.api.asking import NotAllowed
from descant.api.declaring.parameters import BadArgument
from descant.discussion.addressing.addresses import NoAddress
from descant.discussion.deciding.abilities import NotAModerator
from descant.discussion.editing import NotYours, TooLate
from descant.discussion.judging.barring import Banned
from descant.discussion.judging.naming import BadName
from descant.discussion.judging.pacing import TooFast
from descant.discussion.posting import KeyReused, ModeratorsOnly, Refused
from descant.discussion.tree.cursors import BadCursor
from descant.discussion.voting import VoteRefused
from descant.forums.directory import UnknownForum, UnknownKey
from descant.forums.domains import PageOutside
from descant.forums.keys.repeating import AskedElse, StillBusy
from descant.forums.keys.showing import BadAccessToken
from descant.forums.signing_on.messages import BadMessage
from descant.switches import SwitchedOff

BAD_ARGUMENT, BAD_KEY, NOT_FOUND, NOT_ALLOWED, TOO_FAST, OUT_OF_REACH, BAD_TOKEN = 2, 5, 8, 12, 13, 15, 18
RETRY_SECONDS = 2


_STATUS: dict[type[Exception], tuple[int, int]] = {
    UnknownKey: (401, BAD_KEY),
    BadAccessToken: (401, BAD_TOKEN),
    BadMessage: (401, BAD_TOKEN),
    UnknownForum: (404, NOT_FOUND),
    NotAllowed: (403, NOT_ALLOWED),
    PageOutside: (403, NOT_ALLOWED),
    KeyReused: (409, BAD_ARGUMENT),
    AskedElse: (409, BAD_ARGUMENT),
    StillBusy: (409, BAD_ARGUMENT),
    TooFast: (429, TOO_FAST),
    Banned: (403, NOT_ALLOWED),
    SwitchedOff: (503, OUT_OF_REACH),
    NotAModerator: (403, NOT_ALLOWED),
    ModeratorsOnly: (403, NOT_ALLOWED),
    NotYours: (403, NOT_ALLOWED),
    TooLate: (403, NOT_ALLOWED),
    VoteRefused: (403, NOT_ALLOWED),
    ObjectDoesNotExist: (404, NOT_FOUND),
    Refused: (400, BAD_ARGUMENT),
    BadArgument: (400, BAD_ARGUMENT),
    BadName: (400, BAD_ARGUMENT),
    BadCursor: (400, BAD_ARGUMENT),
    NoAddress: (400, BAD_ARGUMENT),
    OperationalError: (503, OUT_OF_REACH),
    InterfaceError: (503, OUT_OF_REACH),
}
REFUSALS = tuple(_STATUS)


def envelope(code: int, response: Any, status: int = 200, **more: Any) -> HttpResponse:
    """``{"code": 0, "response": …}``; another code is an error and its response a sentence."""
    return enveloped(orjson.dumps({"code": code, "response": response, **more}), status)


def enveloped(body: bytes, status: int) -> HttpResponse:
    """An answer that is written already."""
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Cache-Control": "no-store, private"}
    )


def refusal(refused: Exception) -> HttpResponse:
    """The answer to what was refused."""
    status, code = next(answer for kind, answer in _STATUS.items() if isinstance(refused, kind))
    message = str(refused)
    if isinstance(refused, OperationalError | InterfaceError):
        message = "The comments are out of reach just now: try again in a moment."
    answer = envelope(code, message, status)
    if isinstance(refused, TooFast | SwitchedOff):
        answer.headers["Retry-After"] = str(refused.retry_after)
    elif status == 503 or isinstance(refused, StillBusy):
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
