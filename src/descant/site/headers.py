"""The headers that every answer carries; a view that needs others sets its own."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware

_log = logging.getLogger(__name__)

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


PERSONAL = ("/accounts/", "/embed/sign-in/", "/embed/do/")


class PersonalLanguage(LocaleMiddleware):
    """Middleware: the browser's language on pages for one person; public pages say theirs in the URL."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(PERSONAL):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if request.path.startswith(PERSONAL) else response


class SecurityHeaders:
    """Middleware: a Content-Security-Policy without unsafe-inline, no sniffing, no full referrer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A database out of reach is no fault of the page: it says when to come back."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        _log.error("A database is out of reach.", exc_info=error)
        headers = {"Retry-After": "2", "Cache-Control": "no-store"}
        message = "The comments are out of reach just now. Please come back in a moment.\n"
        return HttpResponse(message, status=503, content_type="text/plain; charset=utf-8", headers=headers)
