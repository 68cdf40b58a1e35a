"""What is the same for everybody is made without a session, so that nobody's can be in it."""

from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.models import Comment
from tests.descant.conftest import Cast

PAGE = {"f": "gazette", "t_i": "bread", "t_u": "https://gazette.example/bread"}
SCRIPTS = ["/embed.js", "/count.js", "/gazette/embed.js", "/gazette/count.js"]


@pytest.fixture
def cys_browser(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.cy.user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize(
    "path", ["/embed/comments/", "/embed/feed/", "/count-data.js", "/gazette/count-data.js", *SCRIPTS]
)
def test_a_public_page_knows_nobody(
    path: str, cys_browser: Client, client: Client, say: Callable[..., Comment]
) -> None:
    say("Rye.")
    asked = {**PAGE, "1": "bread"}
    hers = cys_browser.get(path, asked)
    assert hers.status_code == 200
    assert not hasattr(hers.wsgi_request, "session")
    assert not hasattr(hers.wsgi_request, "user")
    assert hers.content == client.get(path, asked).content


@pytest.mark.parametrize("path", ["/embed/sign-in/", "/accounts/preferences/", "/f/gazette/settings/"])
def test_a_page_for_one_person_knows_her(path: str, cys_browser: Client, cast: Cast) -> None:
    assert cys_browser.get(path, PAGE).wsgi_request.user == cast.cy.user
