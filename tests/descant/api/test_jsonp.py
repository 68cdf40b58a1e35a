"""Answers as scripts: public data alone, in a call that can be nothing but a call."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from descant.api import urls
from descant.api.declaring import ENDPOINTS, Endpoint, Standing
from descant.forums.keys.issuing import IssuedKey, issue_key
from tests.descant.conftest import ALL_DATABASES, Cast

assert urls.DECLARED_IN, "all endpoints are declared by now"

LIST = "/api/3.0/forums/listPosts"
NAMES = ["told", "$", "_", "a.b.c", "jQuery1_2", "Comments.told", "x" * 64]
NO_NAMES = ["", "1a", ".a", "a-b", "alert(1)", "a;b", "a b", "ä", "a\n", "told/**/", "x" * 65, "</script>"]
WRITING = [each for each in ENDPOINTS.values() if each.method != "GET"]
NOT_FOR_GUESTS = [each for each in ENDPOINTS.values() if each.method == "GET" and each.who > Standing.GUEST]

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture
def keys(cast: Cast) -> IssuedKey:
    return issue_key(forum=cast.gazette)


def script(address: str = f"{LIST}.jsonp", *, headers: Any = None, **asked: str) -> HttpResponse:
    answer: HttpResponse = Client().get(address, {"callback": "told", **asked}, headers=headers)
    return answer


def told(answer: HttpResponse, callback: str = "told") -> Any:
    """What a browser would call the function with."""
    written = answer.content.decode()
    before, after = f"/**/{callback}(", ");"
    assert written.startswith(before)
    assert written.endswith(after)
    return json.loads(written[len(before) : -len(after)])


@pytest.mark.parametrize("callback", NAMES)
def test_a_script_calls_the_function_with_the_answer(callback: str, keys: IssuedKey, say: Any) -> None:
    say("Rye\u2028and wheat.")
    answer = script(api_key=keys.public_key, callback=callback)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (
        200,
        "application/javascript",
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "\u2028" not in answer.content.decode()
    plain = Client().get(f"{LIST}.json", {"api_key": keys.public_key})
    assert told(answer, callback) == json.loads(plain.content)
    assert (
        script(
            api_key=keys.public_key, callback=callback, headers={"If-None-Match": answer.headers["ETag"]}
        ).status_code
        == 304
    )


@pytest.mark.parametrize("callback", NO_NAMES)
def test_what_is_no_name_of_a_function_is_called_by_nobody(callback: str, keys: IssuedKey) -> None:
    answer = script(api_key=keys.public_key, callback=callback)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert json.loads(answer.content)["code"] == 2


def test_nothing_secret_is_taken(keys: IssuedKey) -> None:
    secrets = {"api_secret": keys.secret_key, "access_token": keys.access_token, "remote_auth_s3": "e30= x 1"}
    for name, secret in secrets.items():
        for shown in ({name: secret}, {"api_key": keys.public_key, name: secret}):
            assert told(script(**shown))["code"] == 12
    bearer = {"Authorization": f"Bearer {keys.access_token}"}
    assert told(script(api_key=keys.public_key, headers=bearer))["code"] == 12


def test_a_cookie_shows_nothing_more(cast: Cast, keys: IssuedKey, say: Any) -> None:
    say("Rye.")
    signed_in = Client()
    signed_in.force_login(cast.bo.user, "allauth.account.auth_backends.AuthenticationBackend")
    asked = {"api_key": keys.public_key, "callback": "told", "include": "unapproved"}
    assert signed_in.get(f"{LIST}.jsonp", asked).content == Client().get(f"{LIST}.jsonp", asked).content


@pytest.mark.parametrize("endpoint", [*WRITING, *NOT_FOR_GUESTS], ids=lambda endpoint: endpoint.name)
def test_a_script_writes_nothing_and_reads_only_what_all_may(endpoint: Endpoint, keys: IssuedKey) -> None:
    answer = script(f"/api/3.0/{endpoint.name}.jsonp", api_key=keys.public_key)
    assert told(answer)["code"] == (8 if endpoint in WRITING else 12)
    assert Client().post(f"/api/3.0/{endpoint.name}.jsonp?callback=told").status_code == 405


def test_a_refusal_calls_the_function_too(keys: IssuedKey) -> None:
    refused = script(api_key=keys.public_key, limit="many")
    assert (refused.status_code, told(refused)["code"]) == (200, 2)
    assert told(script(api_key="a stranger's"))["code"] == 5
    assert told(script("/api/3.0/nothing/here.jsonp", api_key=keys.public_key))["code"] == 8
    elsewhere = {"Referer": "https://tribune.example/"}
    assert told(script(api_key=keys.public_key, headers=elsewhere))["code"] == 12
