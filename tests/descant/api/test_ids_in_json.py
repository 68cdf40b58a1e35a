"""Ids are strings in JSON, for no number of JavaScript's holds them: nothing is lost of one beyond 2 ** 53."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.models import Comment, Thread
from descant.forums.keys.issuing import issue_key
from django_headroom import ids
from tests.descant.conftest import Cast

FAR = 1 + 1024 * 2**45  # of the slot of p1, and odd: a float would round it


@pytest.fixture
def far(say: Callable[..., Comment], bread: Thread, monkeypatch: pytest.MonkeyPatch) -> Comment:
    """A comment with an id beyond what a float holds, and a reply to it."""
    assert int(float(FAR)) != FAR
    given = iter([FAR, FAR + 1024])
    monkeypatch.setattr(ids, "next_id", lambda alias, model: next(given))
    comment = say("Rye.")
    say("Wheat.", to=comment)
    return comment


def strange_ids(told: Any, key: str = "") -> list[str]:
    """Where an id is no string; a parent is a number in the API, by its contract."""
    if isinstance(told, dict):
        return [fault for name, value in told.items() for fault in strange_ids(value, name)]
    if isinstance(told, list):
        return [fault for value in told for fault in strange_ids(value, key)]
    return [f"{key}: {told!r}"] if key in ("id", "thread") and not isinstance(told, str) else []


def test_the_api_tells_ids_as_strings(client: Client, cast: Cast, far: Comment) -> None:
    key = issue_key(forum=cast.gazette).public_key
    asked = {"api_key": key, "forum": "gazette", "thread:ident": "bread"}
    told = client.get("/api/3.0/threads/listPosts.json", asked).json()
    posts = told["response"]
    assert strange_ids(told) == []
    assert {post["id"] for post in posts} == {str(FAR), str(FAR + 1024)}
    assert {post["parent"] for post in posts} == {None, FAR}


def test_the_frame_is_told_ids_as_strings(client: Client, cast: Cast, far: Comment) -> None:
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    body = {"forum": "gazette", "thread": {"identifier": "bread"}, "comments": [str(FAR)]}
    answer = client.post(
        "/embed/do/mine",
        json.dumps(body),
        content_type="application/json",
        headers={"Origin": "http://testserver", "Authorization": f"Bearer {token}"},
    )
    told = answer.json()
    assert answer.status_code == 200, told
    assert strange_ids(told) == []
    assert set(told["own"]) == {str(FAR)}
    assert {line["id"] for line in told["recent"]} == {str(FAR + 1024)}
    assert {line["parent"] for line in told["recent"]} == {str(FAR)}
