"""Middleware of Django's for people; programs, and what is the same for everybody, know no session and pass by."""

import re
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

FOR_NOBODY = re.compile(r"/api/|/embed/(?:comments|feed)/\Z|/(?:[-\w]+/)?(?:embed|count|count-data)\.js\Z")


class PassingBy(MiddlewareMixin):
    """What a middleware does is left out on the programs' side, and where a page knows nobody."""

    def __call__(self, request: HttpRequest) -> Any:
        answer = self.get_response if FOR_NOBODY.match(request.path_info) else super().__call__
        return answer(request)


class Session(PassingBy, SessionMiddleware):
    """Django's, for people."""


class Authentication(PassingBy, AuthenticationMiddleware):
    """Django's, for people."""


class Messages(PassingBy, MessageMiddleware):
    """Django's, for people."""
