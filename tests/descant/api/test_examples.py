"""The examples of the reference are sent, and what comes back has the shape that the OpenAPI document says."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

from descant.accounts.preferring import show_profile
from descant.api import urls
from descant.api.declaring import ENDPOINTS, Endpoint
from descant.api.reference.openapi import document
from descant.discussion.deciding.banning import address_range, ban_person
from descant.discussion.models import Comment
from descant.forums.keys.issuing import IssuedKey, issue_key
from descant.forums.models import Role
from descant.forums.webhooks.targets import Wish, add_target
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
assert urls.DECLARED_IN, "all endpoints are declared by now"


@pytest.fixture
def keys(cast: Cast) -> dict[str, str]:
    issued: IssuedKey = issue_key(forum=cast.gazette)
    return {
        "api_key": issued.public_key,
        "api_secret": issued.secret_key,
        "access_token": issued.access_token,
    }


@pytest.fixture
def ids(cast: Cast, say: Say) -> dict[str, str]:
    """What the examples call by these names."""
    assert cast.cy.user is not None
    post = say("How *wet* do you make it?")
    show_profile(user=cast.cy.user, name="cyril", scope="everywhere", forum_ids=[])
    job = cast.gazette.import_jobs.create(
        format="disqus", file_name="all.xml.gz", file_size=1, file_digest=""
    )
    export = cast.gazette.exports.create(format="native", file="x", state="finished")
    Role.objects.create(forum=cast.gazette, user=cast.cy.user, kind=Role.Kind.TRUSTED)
    ban_person(forum=cast.gazette, whom=address_range("192.0.2.7"), by=cast.ann, reason="Advertises.")
    return {
        "thread": str(post.thread_id),
        "comment": str(post.pk),
        "reply": str(say("Wet.", to=post).pk),
        "user": str(cast.cy.user.pk),
        "category": str(cast.gazette.pk),
        "import": str(job.pk),
        "subscription": str(add_target(forum=cast.gazette, wish=Wish("https://gazette.example/other")).pk),
        "export": str(export.pk),
        "moderator": str(Role.objects.get(forum=cast.gazette, user=cast.bo.user).pk),
    }


def filled(value: Any, ids: dict[str, str]) -> Any:
    return value.format(**ids) if isinstance(value, str) else [filled(each, ids) for each in value]


def ask(client: Client, endpoint: Endpoint, keys: dict[str, str], **more: Any) -> Any:
    needed = endpoint.keys[0]
    send = client.get if endpoint.method == "GET" else client.post
    return send(f"/{endpoint.path}", {needed: keys[needed], **more})


def faults(endpoint: Endpoint, answer: Any) -> list[str]:
    """Where an answer is not of the shape that is declared."""
    operation = document()["paths"][f"/{endpoint.path}"][endpoint.method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    told = jsonschema_rs.validator_for({**schema, "components": document()["components"]})
    return [str(error) for error in told.iter_errors(answer)]


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_an_example_is_answered_in_its_shape(
    endpoint: Endpoint, client: Client, keys: dict[str, str], ids: dict[str, str]
) -> None:
    asked = {name: filled(value, ids) for name, value in endpoint.example.items()}
    answer = ask(client, endpoint, keys, **asked)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (200, 0), told
    assert told["response"]
    assert faults(endpoint, told) == []
    assert "mail.example" not in json.dumps(told)


def test_a_wrong_shape_would_be_seen(client: Client, keys: dict[str, str], ids: dict[str, str]) -> None:
    endpoint = ENDPOINTS["threads/details"]
    told = ask(client, endpoint, keys, thread=ids["thread"]).json()
    told["response"]["id"] = int(told["response"]["id"])
    assert len(faults(endpoint, told)) == 1


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda endpoint: endpoint.name)
def test_each_endpoint_is_documented(endpoint: Endpoint, client: Client) -> None:
    page = client.get("/api/").content.decode()
    assert f'id="{endpoint.name.replace("/", "-")}"' in page
    told = client.get("/api/openapi.json").json()["paths"][f"/{endpoint.path}"]
    assert told[endpoint.method.lower()]["summary"] == endpoint.about.splitlines()[0]


def test_what_has_not_changed_is_not_sent_again(
    client: Client, keys: dict[str, str], ids: dict[str, str], say: Say
) -> None:
    asked = {"api_key": keys["api_key"], "thread": ids["thread"]}
    first = client.get("/api/3.0/threads/listPosts.json", asked)
    again = {"headers": {"If-None-Match": first.headers["ETag"]}}
    unchanged = client.get("/api/3.0/threads/listPosts.json", asked, **again)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    say("Rye.")
    assert client.get("/api/3.0/threads/listPosts.json", asked, **again).status_code == 200
