"""The headers that every answer carries; a view that needs others sets its own."""

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils.translation import activate, get_supported_language_variant, gettext

_log = logging.getLogger(__name__)

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


ALWAYS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
PERSONAL = re.compile(r"/accounts/|/moderate/|/embed/sign-in/|/embed/do/|/f/[^/]+/settings/")


class Language(LocaleMiddleware):
    """Middleware: what ``lang`` in the URL says; without it, on pages for one person what her browser says.

    The window in which she signs in is opened with the language of the frame. Its pages lead to others, which have no
    ``lang`` of their own, so a cookie keeps it there until the browser is closed. Public pages know no cookie and no
    browser: any cache may keep them.
    """

    def process_request(self, request: HttpRequest) -> None:
        asked = _language_asked(request)
        if not asked and PERSONAL.match(request.path):
            super().process_request(request)
        else:
            activate(
                asked or settings.LANGUAGE_CODE
            )  # a thread still speaks the language of its last request

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not PERSONAL.match(request.path):
            return response
        asked = _language_asked(request)
        if asked:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                asked,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return super().process_response(request, response)


def _language_asked(request: HttpRequest) -> str:
    """The language in the URL, as we call it; empty if there is none, or one that we do not speak."""
    return (
        language_called(request.GET.get("lang", ""))
        if "lang=" in request.META.get("QUERY_STRING", "")
        else ""
    )


def language_called(name: str) -> str:
    """A language as we call it; empty for one that we do not speak."""
    try:
        return get_supported_language_variant(name.lower().replace("_", "-"))
    except LookupError:
        return ""


class SecurityHeaders:
    """Middleware: a Content-Security-Policy without unsafe-inline, no sniffing, no full referrer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A database out of reach is no fault of the page: it says when to come back."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        note_out_of_reach(error)
        headers = {"Retry-After": "2", "Cache-Control": "no-store"}
        message = gettext("The comments are out of reach just now. Please come back in a while.")
        return HttpResponse(
            f"{message}\n", status=503, content_type="text/plain; charset=utf-8", headers=headers
        )


def note_out_of_reach(error: Exception) -> None:
    """Tell operators; readers are told to come back."""
    _log.error("A database is out of reach.", exc_info=error)
