"""Whatever a stranger writes into any field, nobody gets a server error and the feed stays well-formed."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.models import Comment
from descant.forums.keys.issuing import issue_key
from tests.descant.conftest import Cast

LONG = "x" * 20_000
TEXTS = [
    "",
    "\0",
    "a\0b",
    "\ufffe",
    "a\uffffb",
    "\x1b[31m\r\nX: y",
    "\u202egnp.exe",
    "\u3164\u200b\u2028",
    "e" + "\u0301" * 500,
    "\U0001f469\u200d\U0001f469",
    "<" * 2_000 + "a" * 2_000,
    "{{7*7}}%s%(x)s{0}${x}",
    "'; DROP TABLE x; --",
    LONG,
    "9" * 18,
    "9" * 40,
    "-1",
    "1e999",
    "NaN",
    "-99999999999999999:1:0",
    "99999999999999999:999999999999999999:0",
    "comment-" + "9" * 18,
    "descant-0",
    "WyJ0IiwtNWUxNiwxLCIiLDAsMF0",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "https://gazette.example/\ufffe",
    "https://gazette.example/\x85\u2028",
    "https://gazette.example:99999/",
    "http://[::1",
    "https://gazette.example/?" + "a=b&" * 400,
    "ident:\ufffe",
    "xn--\u00e9",
]
VALUES: list[Any] = [*TEXTS, None, True, 0, -1, 1.5, 10**30, [], {}, [["a"] * 3], {"a": {"b": 1}}]


@pytest.fixture
def client(cast: Cast, settings: Any) -> Iterator[Client]:
    settings.DESCANT_COMMENTS_PER_MINUTE = settings.DESCANT_VOTES_PER_MINUTE = 0
    yield Client(raise_request_exception=False)
    feed = Client().get("/embed/feed/?f=gazette")
    assert ElementTree.fromstring(feed.content).findall("{*}entry"), "the feed can be read, and has something"


@pytest.mark.parametrize("page", ["comments", "feed", "sign-in"])
@pytest.mark.parametrize("field", ["f", "t_i", "t_u", "order", "cursor", "lang", "challenge"])
def test_pages(client: Client, say: Any, page: str, field: str) -> None:
    say("Hello")
    for text in TEXTS:
        for order in ("newest", "best"):
            asked = {"f": "gazette", "t_i": "bread", "order": order, field: text}
            assert client.get(f"/embed/{page}/", asked).status_code < 500, text[:40]


@pytest.mark.parametrize(
    "act", ["post", "edit", "vote", "decide", "thread", "mine", "source", "preview", "collect"]
)
def test_calls_of_the_frame(client: Client, cast: Cast, say: Any, act: str) -> None:
    comment = say("Hello", by=cast.bo)
    token = issue_token(forum_id=cast.gazette.pk, user=cast.bo.user)
    body = {
        "forum": "gazette",
        "thread": {"identifier": "bread", "url": "https://gazette.example/bread", "title": "Bread"},
        "comment": str(comment.pk),
        "parent": str(comment.pk),
        "key": "k",
        "text": "Hello",
        "value": 1,
        "verdict": "approve",
        "reason": "",
        "state": "open",
        "secret": "0" * 64,
        "name": "Gus",
        "email": "gus@mail.example",
        "comments": [str(comment.pk)],
        "lang": "de",
    }
    headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
    for field in body:
        for value in VALUES:
            sent = [{**body, field: value}]
            if field == "thread":
                sent += [{**body, "thread": {"identifier": "b", part: value}} for part in body["thread"]]
            if field == "comments":
                sent += [{**body, "comments": [value]}]
            for each in sent:
                if act == "post":
                    each.pop("parent" if field != "parent" else "", None)
                answer = client.post(
                    f"/embed/do/{act}", json.dumps(each), "application/json", headers=headers
                )
                assert answer.status_code < 500, (field, str(value)[:40])
    assert Comment.objects.of(cast.gazette).get(pk=comment.pk)


def test_programs(client: Client, cast: Cast, say: Any) -> None:
    say("Hello")
    key = issue_key(forum=cast.gazette).public_key
    write = {"api_key": key, "thread:ident": "bread", "message": "Hello", "author_name": "Gus"}
    read = {"api_key": key, "thread:ident": "bread"}
    more = ["url", "title", "thread", "thread:link", "parent", "forum", "author_email", "author_url"]
    for text in TEXTS:
        for field in [*write, *more]:
            answer = client.post("/api/3.0/posts/create.json", {**write, field: text})
            assert answer.status_code < 500, (field, text[:40])
        for field in [*read, "thread", "thread:link", "order", "limit", "cursor", "since", "related"]:
            for order in ("asc", "desc"):
                asked = {**read, "order": order, field: text}
                answer = client.get("/api/3.0/threads/listPosts.json", asked)
                assert answer.status_code < 500, (field, text[:40])


def test_pages_of_any_address_leave_the_feed_readable(client: Client, cast: Cast) -> None:
    key = issue_key(forum=cast.gazette).public_key
    for number, text in enumerate(TEXTS):
        said = {"api_key": key, "message": "Hello", "author_name": "Gus", "title": text}
        for url in (text, f"https://gazette.example/{number}{text}"):
            posted = client.post("/api/3.0/posts/create.json", {**said, "url": url})
            assert posted.status_code in (200, 400, 403)
            feed = client.get("/embed/feed/?f=gazette")
            assert ElementTree.fromstring(feed.content) is not None, url[:60]


def test_pages_of_accounts(client: Client, say: Any) -> None:
    say("Hello")
    for text in TEXTS:
        for page in ("login", "signup", "password/reset", "login/code"):
            fields = dict.fromkeys(("login", "password", "email", "name", "password1"), text)
            assert client.post(f"/accounts/{page}/?next={text[:50]!r}", fields).status_code < 500, text[:40]
            fields = {
                "login": text,
                "password": "a",
                "email": "a@b.example",
                "name": text,
                "password1": "Xy" * 8,
            }
            assert client.post(f"/accounts/{page}/", fields).status_code < 500, text[:40]
    counts = {"f": "gazette", "1": TEXTS[:-3], "2": TEXTS[-3:]}
    assert client.get("/count-data.js", counts).status_code == 200
