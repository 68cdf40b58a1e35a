"""What stands around allauth's pages: headers, and an answer where no mail can be sent.

Nobody keeps a copy of them. One of them may send its form to a provider: browsers hold ``form-action`` also against
where a form is redirected to. The page before a provider has one button and nothing to fill in, so it alone may lead
to other sites.
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from descant.accounts.hooks.adapters import MailNotSent

MAIL_SECONDS = 60
_log = logging.getLogger(__name__)

BEFORE_A_PROVIDER = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' https:; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class AccountPages:
    """Middleware: no copies of pages of accounts; another Content-Security-Policy before each provider."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and match.func.__module__.startswith("allauth."):
            response.headers["Cache-Control"] = "no-store, private"
            response.headers["X-Frame-Options"] = "DENY"
            name = match.url_name or ""
            if name.endswith("_login") and not name.startswith("account_"):
                response.headers["Content-Security-Policy"] = BEFORE_A_PROVIDER
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A mail that cannot go out is no fault of the page: it says when to come back."""
        if not isinstance(error, MailNotSent):
            return None
        _log.error("A mail could not be sent.", exc_info=error)
        response = render(request, "accounts/mail_not_sent.html", status=503)
        response.headers["Retry-After"] = str(MAIL_SECONDS)
        return response
