"""No page of another site changes anything in the name of who is signed in here, and none reads what is answered."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.test import Client

from descant.forums.opening import open_forum
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.site.routes.asking import Ask
from tests.descant.site.routes.test_isolation import all_rows, names_of
from tests.descant.site.routes.walking import ASKED

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)

ELSEWHERE = {"Origin": "https://elsewhere.example", "Referer": "https://elsewhere.example/page"}
CHANGING = {
    route: writing
    for route, asks in ASKED.items()
    if (writing := [ask for ask in asks if ask.form is not None or ask.body is not None])
}
# What such a page does not know.
UNKNOWN = {"key": "", "secret": "", "token": ""}


@pytest.mark.parametrize("route", CHANGING)
def test_what_another_site_sends_changes_nothing(route: str, cast: Cast) -> None:
    """Ann owns both forums that are asked about, so nothing but whence it comes stands in the way."""
    herald = open_forum(name="herald", domains=["herald.example"], owner=cast.ann.user, partition="p2")
    names = names_of(cast, herald)[0] | UNKNOWN
    before = [all_rows(forum) for forum in (cast.gazette, herald)]
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.ann.user, "allauth.account.auth_backends.AuthenticationBackend")
    for answer in (answer for ask in CHANGING[route] for answer in sent(browser, ask.filled(names))):
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert [all_rows(forum) for forum in (cast.gazette, herald)] == before


def sent(browser: Client, ask: Ask) -> Iterator[Any]:
    """As a form, and as what scripts send; whoever is signed in has her cookies sent along."""
    address = f"{ask.path}?{urlencode(ask.query, doseq=True)}"
    yield browser.post(address, {**ask.query, **(ask.form or {})}, headers=ELSEWHERE)
    for kind in ("text/plain", "application/json"):
        yield browser.post(address, orjson.dumps(ask.body or {}), content_type=kind, headers=ELSEWHERE)
