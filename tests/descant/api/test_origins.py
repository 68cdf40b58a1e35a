"""Which pages may read what the API answers: those on the domains of the forum that is asked about, and no other."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from descant.api import urls
from descant.api.declaring import ENDPOINTS, Endpoint
from descant.forums.keys.issuing import IssuedKey, issue_key
from tests.descant.conftest import ALL_DATABASES, Cast

assert urls.DECLARED_IN, "all endpoints are declared by now"

LIST = "/api/3.0/forums/listPosts.json"
CREATE = "/api/3.0/posts/create.json"
OURS, THEIRS = "https://gazette.example", "https://tribune.example"
STRANGE = [
    THEIRS,
    "https://gazette.example.evil.example",
    "https://evilgazette.example",
    "https://gazette.example@evil.example",
    "https://gazette.example:8443",
    "ftp://gazette.example",
    "http://localhost",
    "null",
]

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture
def keys(cast: Cast) -> IssuedKey:
    return issue_key(forum=cast.gazette)


def ask_first(address: str, origin: str, **asked: str) -> HttpResponse:
    """As a browser does before a request that a form cannot send."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer: HttpResponse = Client().options(f"{address}?{urlencoded(asked)}", headers=headers)
    return answer


def urlencoded(asked: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in asked.items())


def allowed(answer: Any) -> str | None:
    found: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return found


@pytest.mark.parametrize("origin", [OURS, "http://gazette.example"])
def test_a_page_of_the_forum_reads_answers_and_refusals(keys: IssuedKey, origin: str) -> None:
    headers = {"Origin": origin}
    answer = Client().get(LIST, {"api_key": keys.public_key}, headers=headers)
    assert (answer.status_code, allowed(answer)) == (200, origin)
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    unchanged = Client().get(
        LIST, {"api_key": keys.public_key}, headers={**headers, "If-None-Match": answer.headers["ETag"]}
    )
    assert (unchanged.status_code, allowed(unchanged)) == (304, origin)
    refused = Client().get(LIST, {"api_key": keys.public_key, "limit": "many"}, headers=headers)
    assert (refused.status_code, allowed(refused)) == (400, origin)


@pytest.mark.parametrize("origin", STRANGE)
def test_a_page_elsewhere_reads_nothing(keys: IssuedKey, origin: str) -> None:
    shown = (
        {"api_key": keys.public_key},
        {"api_secret": keys.secret_key},
        {"access_token": keys.access_token},
    )
    for key in shown:
        assert allowed(Client().get(LIST, key, headers={"Origin": origin})) is None
        assert allowed(Client().post(CREATE, key, headers={"Origin": origin})) is None
        assert allowed(ask_first(CREATE, origin, **key)) is None


def test_naming_ones_own_forum_opens_no_other(keys: IssuedKey) -> None:
    answer = Client().get(LIST, {"api_key": keys.public_key, "forum": "tribune"}, headers={"Origin": THEIRS})
    assert answer.status_code == 403
    both = {"api_key": keys.public_key, "forum": ["gazette", "tribune"]}
    for asked in ({"api_key": keys.public_key}, both):
        answer = Client().get(LIST, asked, headers={"Origin": THEIRS})
        assert (answer.status_code, allowed(answer)) == (403, None)


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_a_browser_that_asks_first_is_told_what_a_page_may_send(endpoint: Endpoint, keys: IssuedKey) -> None:
    for named in ({"forum": "gazette"}, {"api_key": keys.public_key}):
        answer = ask_first(f"/{endpoint.path}", OURS, **named)
        assert (answer.status_code, answer.content, allowed(answer)) == (204, b"", OURS)
        assert endpoint.method in answer.headers["Access-Control-Allow-Methods"]
        assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    for named in (
        {},
        {"forum": "nobody"},
        {"forum": "tribune"},
        {"api_key": "a stranger's"},
        {"forum": "%00"},
    ):
        answer = ask_first(f"/{endpoint.path}", OURS, **named)
        assert (answer.status_code, allowed(answer)) == (204, None)


def test_whoever_asks_no_cookie_counts_and_no_cache_mixes_answers_up(keys: IssuedKey) -> None:
    asked = {"api_key": keys.public_key}
    for headers in ({"Origin": OURS}, {"Origin": THEIRS}, {}):
        told = Client().get(LIST, asked, headers=headers), Client().options(LIST, headers=headers)
        for answer in told:
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert "Origin" in answer.headers["Vary"]
            assert "*" not in str(allowed(answer))
