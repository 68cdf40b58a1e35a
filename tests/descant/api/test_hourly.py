"""So many requests an hour: of a program by its secrets, of an address by a public key; told by each answer."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as given
from django.http import HttpResponse
from django.test import Client

from descant.api.serving.hourly import HEADERS
from descant.forums.keys.issuing import IssuedKey, issue_key
from django_headroom.counters.hourly import hours
from django_headroom.testing import query_budget
from tests.descant.conftest import ALL_DATABASES, Cast

LIST = "/api/3.0/forums/listThreads.json"
LIMIT = 3

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture
def keys(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> IssuedKey:
    """One whose hour has begun just now, and lasts as long as the test."""
    settings.HEADROOM = {**given.HEADROOM, "COUNTERS_FOLDER": str(tmp_path)}
    settings.DESCANT_API_PER_HOUR = LIMIT
    monkeypatch.setattr(time, "time", lambda: 496_056 * 3_600 + 600.5)
    return issue_key(forum=cast.gazette)


def ask(*, by: str = "192.0.2.1", path: str = LIST, **shown: str) -> HttpResponse:
    answer: HttpResponse = Client(REMOTE_ADDR=by).get(path, shown)
    return answer


def told(answer: HttpResponse) -> list[int]:
    return [int(answer.headers[name]) for name in HEADERS]


def test_each_answer_tells_what_is_left_and_the_last_is_a_refusal(keys: IssuedKey) -> None:
    reset = 496_057 * 3_600
    for left in (2, 1, 0):
        answer = ask(api_key=keys.public_key)
        assert (answer.status_code, told(answer)) == (200, [LIMIT, left, reset])
    with query_budget(0):
        refused = ask(api_key=keys.public_key)
    assert (refused.status_code, told(refused)) == (429, [LIMIT, 0, reset])
    assert json.loads(refused.content) == {
        "code": 13,
        "response": "You have exceeded your hourly limit of requests.",
    }
    assert refused.headers["Retry-After"] == "3000"


def test_the_next_hour_begins_anew(keys: IssuedKey, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(LIMIT + 1):
        ask(api_key=keys.public_key)
    monkeypatch.setattr(time, "time", lambda: 496_057 * 3_600 + 0.0)
    assert told(ask(api_key=keys.public_key))[1] == LIMIT - 1


def test_a_public_key_counts_for_each_address_and_all_forums_together(cast: Cast, keys: IssuedKey) -> None:
    other = issue_key(forum=cast.tribune)
    left = [told(ask(api_key=key.public_key))[1] for key in (keys, other)]
    left.append(told(ask(api_key=keys.public_key, path=LIST.replace(".json", ".jsonp"), callback="a"))[1])
    assert left == [2, 1, 0]
    assert told(ask(api_key=keys.public_key, by="192.0.2.2"))[1] == 2


def test_secrets_of_one_program_count_together_from_wherever_it_asks(keys: IssuedKey) -> None:
    shown = ({"api_secret": keys.secret_key}, {"access_token": keys.access_token})
    left = [told(ask(by=f"192.0.2.{number}", **each))[1] for number, each in enumerate(shown)]
    bearer = {"Authorization": f"Bearer {keys.access_token}"}
    left.append(told(Client().get(LIST, {"api_key": keys.public_key}, headers=bearer))[1])
    assert left == [2, 1, 0]
    assert ask(api_secret=keys.secret_key).status_code == 429
    assert ask(api_key=keys.public_key).status_code == 200


def test_refusals_count_and_what_a_browser_asks_first_does_not(keys: IssuedKey) -> None:
    assert told(ask(api_key=keys.public_key, limit="many"))[1] == 2
    first = Client(REMOTE_ADDR="192.0.2.1").options(f"{LIST}?api_key={keys.public_key}")
    assert not set(HEADERS) & set(first.headers)
    assert not set(HEADERS) & set(ask(api_key="a stranger's").headers)
    assert told(ask(api_key=keys.public_key))[1] == 1


def test_where_no_limit_is_set_nothing_is_counted_or_told(keys: IssuedKey, settings: Any) -> None:
    settings.DESCANT_API_PER_HOUR = 0
    answer = ask(api_key=keys.public_key)
    assert not set(HEADERS) & set(answer.headers)
    assert hours().count("address/192.0.2.1") == 1
