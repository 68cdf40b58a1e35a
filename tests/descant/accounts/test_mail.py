"""What people are told when the mail server does not answer."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from descant.accounts.models import User
from tests.descant.accounts.conftest import PASSWORD


@pytest.fixture
def no_mail_server(settings: Any, db: None) -> Iterator[None]:
    """A port that nobody listens on: it is bound, and closed to others."""
    cache.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = bound.getsockname()
        yield


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("account_signup", {"email": "dora@mail.example", "name": "Dora", "password1": PASSWORD}),
        ("account_request_login_code", {"email": "ann@mail.example"}),
        ("account_reset_password", {"email": "ann@mail.example"}),
        ("account_reset_password", {"email": "nobody@mail.example"}),
    ],
)
def test_a_page_that_sends_mail_says_that_it_could_not(
    no_mail_server: None, ann: User, page: str, fields: dict[str, str]
) -> None:
    answer = Client().post(reverse(page), fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "The mail could not be sent" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store, private"
