"""What a refusal becomes: the one place that turns an exception into the status and the sentence of an answer."""

import logging
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from descant.accounts.tokens import BadToken
from descant.discussion.addressing.addresses import NoAddress
from descant.discussion.judging.barring import Banned
from descant.discussion.judging.naming import BadName
from descant.discussion.judging.pacing import TooFast
from descant.discussion.posting import Refused
from descant.discussion.voting import VoteRefused
from descant.forums.directory import UnknownForum
from descant.forums.domains import PageOutside
from descant.forums.signing_on.messages import BadMessage
from descant.switches import SwitchedOff

OUT_OF_REACH_SECONDS = 2
_log = logging.getLogger(__name__)


class BadCall(Exception):
    """A call that is not written as it should be."""

    def __init__(self, message: str, *, code: str = "bad_request", status: int = 400) -> None:
        self.code, self.status = code, status
        super().__init__(message)


REFUSALS = (
    BadCall,
    BadToken,
    BadMessage,
    UnknownForum,
    PageOutside,
    NoAddress,
    Refused,
    VoteRefused,
    BadName,
    TooFast,
    Banned,
    SwitchedOff,
    ObjectDoesNotExist,
    OperationalError,
    InterfaceError,
)

STATUS = {
    "bad_token": 401,
    "bad_message": 403,
    "sign_in": 403,
    "not_yours": 403,
    "not_a_moderator": 403,
    "banned": 403,
    "flag_refused": 403,
    "too_late": 403,
    "vote_refused": 403,
    "no_parent": 404,
    "closed": 409,
    "moved": 409,
    "key_reused": 409,
    "too_long": 413,
}


def refusal(error: Exception) -> HttpResponse:
    """The answer to one of REFUSALS."""
    match error:
        case BadCall():
            return _answer(error.status, error.code, str(error))
        case TooFast():
            return _answer(429, "too_fast", str(error), error.retry_after)
        case SwitchedOff():
            return _answer(503, error.code, str(error), error.retry_after)
        case UnknownForum():
            return _answer(404, "unknown_forum", _("There is no forum of this name."))
        case PageOutside():
            return _answer(403, "page_outside", str(error))
        case NoAddress():
            return _answer(400, "no_address", str(error))
        case ObjectDoesNotExist():
            return _answer(404, "not_found", _("This is not there any more."))
        case OperationalError() | InterfaceError():
            _log.error("A database is out of reach.", exc_info=error)
            sentence = _("The comments are out of reach just now. Please come back in a while.")
            return _answer(503, "out_of_reach", sentence, OUT_OF_REACH_SECONDS)
    code = getattr(error, "code", "refused")
    return _answer(STATUS.get(code, 400), code, str(error))


def _answer(status: int, code: str, message: str, retry_after: int | None = None) -> HttpResponse:
    told: dict[str, Any] = {"code": code, "message": message}
    headers = {}
    if retry_after is not None:
        told["retry_after"] = retry_after
        headers["Retry-After"] = str(retry_after)
    return JsonResponse({"error": told}, status=status, headers=headers)
