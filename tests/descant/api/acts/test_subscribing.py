"""What Disqus's plugin for WordPress asks of webhooks: it subscribes, is asked for the challenge, and is told."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from descant.discussion.authors import Author
from descant.discussion.models import Comment
from descant.forums.models import Forum, Target
from django_headroom.delayed.worker import drain
from tests.descant.api.conftest import FORM, Program
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.discussion.judging.outsiders import Outsider

SYNC_TOKEN = "0123456789abcdef0123456789abcdef"
ProgramOf = Callable[[Author, Forum], Program]


@pytest.fixture
def plugin(cast: Cast, program_of: ProgramOf) -> Program:
    return program_of(cast.ann, cast.gazette)


def work() -> None:
    while sum(drain(alias) for alias in ALL_DATABASES[::-1]):
        pass


def subscribed(plugin: Program, url: str) -> Any:
    asked = {"url": url, "secret": SYNC_TOKEN, "enableSending": "1", "forum": "gazette"}
    return plugin.ask("forums/webhooks/create", **asked).response


def test_it_subscribes_and_comments_are_synced(
    cast: Cast, say: Callable[..., Comment], out: Outsider, plugin: Program
) -> None:
    url = out.url("/challenge")
    assert plugin.ask("forums/webhooks/list", by="GET", forum="gazette").response == []
    made = subscribed(plugin, url)
    assert made == {"id": made["id"], "url": url, "secret": SYNC_TOKEN, "enableSending": True}
    work()
    assert plugin.ask("forums/webhooks/list", by="GET", forum="gazette").response == [made]
    say("Rye.", by=cast.guest)
    work()
    for _path, headers, body in out.heard:
        signature = hmac.new(SYNC_TOKEN.encode(), body, hashlib.sha512).hexdigest()
        assert headers["X-Hub-Signature"] == f"sha512={signature}"
    verify, create = [json.loads(body) for _path, _headers, body in out.heard]
    assert verify["verb"] == "verify"
    post = create["transformed_data"]
    assert (create["verb"], create["object_type"], post["forum"]) == ("create", "post", "gazette")
    assert post["threadData"]["identifiers"] == ["bread"]
    assert post["author"] == {"name": "Gus", "url": "", "isAnonymous": True}
    assert {
        "ipAddress",
        "createdAt",
        "isSpam",
        "isDeleted",
        "isApproved",
        "raw_message",
        "parent",
    } <= post.keys()


def test_its_keys_stand_in_the_query_and_its_referer_is_blank(out: Outsider, plugin: Program) -> None:
    keys = urlencode({"api_secret": plugin.secret, "access_token": plugin.token})
    said = urlencode({"url": out.url("/challenge"), "secret": SYNC_TOKEN, "enableSending": "1"})
    address = f"/api/3.0/forums/webhooks/create.json?{keys}"
    told = Client().post(address, f"{said}&forum=gazette", content_type=FORM, headers={"Referer": ""})
    assert told.json()["response"]["enableSending"] is True


def test_it_switches_the_sync_off_and_on_and_changes_its_token(
    cast: Cast, out: Outsider, plugin: Program
) -> None:
    made = subscribed(plugin, out.url("/challenge"))
    work()
    off = plugin.ask("forums/webhooks/update", subscription=made["id"], enableSending="0").response
    assert off == {**made, "enableSending": False}
    asked = {"url": made["url"], "secret": SYNC_TOKEN[::-1], "enableSending": "1"}
    on = plugin.ask("forums/webhooks/update", subscription=made["id"], **asked).response
    assert on == {**made, "secret": SYNC_TOKEN[::-1]}
    target = Target.objects.get()
    assert (target.dialect, target.is_verified) == ("disqus", True)


def test_others_are_refused(cast: Cast, out: Outsider, program_of: ProgramOf, plugin: Program) -> None:
    made = subscribed(plugin, out.url("/challenge"))
    moderator = program_of(cast.bo, cast.gazette)
    for name, asked, by in (
        ("list", {}, "GET"),
        ("create", {"url": out.url("/b")}, "POST"),
        ("update", {"subscription": made["id"], "enableSending": "0"}, "POST"),
    ):
        told = moderator.ask(f"forums/webhooks/{name}", by=by, **asked)
        assert (told.status, told.code) == (403, 12)
        assert SYNC_TOKEN not in str(told.response)
    far = program_of(cast.dee, cast.tribune)
    assert far.ask("forums/webhooks/update", subscription=made["id"], enableSending="0").status == 400
    assert Target.objects.get().is_on


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"url": "ftp://gazette.example/"},
        {"url": "https://gazette.example/", "secret": "short"},
        {"url": "https://gazette.example/", "enableSending": "perhaps"},
    ],
)
def test_what_cannot_be_told_is_refused(plugin: Program, asked: dict[str, str]) -> None:
    told = plugin.ask("forums/webhooks/create", **asked)
    assert (told.status, told.code) == (400, 2)
    assert not Target.objects.exists()
