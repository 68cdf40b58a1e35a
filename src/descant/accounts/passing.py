"""Middleware of Django's for people; programs have no session and no cookie, and pass by."""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin


class PassingBy(MiddlewareMixin):
    """What a middleware does is left out on the programs' side."""

    def __call__(self, request: HttpRequest) -> Any:
        answer = self.get_response if request.path_info.startswith("/api/") else super().__call__
        return answer(request)


class Session(PassingBy, SessionMiddleware):
    """Django's, for people."""


class Authentication(PassingBy, AuthenticationMiddleware):
    """Django's, for people."""


class Messages(PassingBy, MessageMiddleware):
    """Django's, for people."""
