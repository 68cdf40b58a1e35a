"""What a refusal becomes on the moderators' side: one place, for pages and for what their scripts ask."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from descant.discussion.posting import Refused
from descant.switches import SwitchedOff


class BadRequest(Exception):
    """A request that is not written as it should be, or that nobody may make."""

    def __init__(self, message: str, *, code: str = "bad_request", status: int = 400) -> None:
        self.code, self.status = code, status
        super().__init__(message)


class NotYours(ObjectDoesNotExist):
    """What is asked for is of a forum that she does not run; the answer is that of what is not there."""


REFUSALS = (BadRequest, Refused, SwitchedOff, ObjectDoesNotExist)
STATUS = {
    "not_a_moderator": 403,
    "nothing_to_undo": 404,
    "too_long": 413,
    "answered": 409,
    "switched_off": 503,
}


def is_script(request: HttpRequest) -> bool:
    """Whether a script asks, which takes its answer as JSON."""
    return request.headers.get("Accept", "") == "application/json"


def refusal(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to one of REFUSALS."""
    if isinstance(error, ObjectDoesNotExist):
        return _answer(request, 404, "not_found", _("This is not there any more."))
    if isinstance(error, BadRequest):
        return _answer(request, error.status, error.code, str(error))
    code = getattr(error, "code", "refused")
    return _answer(request, STATUS.get(code, 400), code, str(error))


def spoken() -> dict[str, str]:
    """The language of a page, and where its lines begin."""
    return {"lang": get_language() or "en", "dir": "rtl" if get_language_bidi() else "ltr"}


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if is_script(request):
        return JsonResponse({"error": {"code": code, "message": message}}, status=status)
    told = {"message": message, "title": _("Not possible"), **spoken()}
    return render(request, "moderate/stopped.html", told, status=status, using="jinja2")
