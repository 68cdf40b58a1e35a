"""The frame's document, its feeds, scripts and counts: public, cacheable, the same for everybody."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.embed.pages import document
from descant.forums.models import Domain
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
FRAME = "/embed/comments/"
ASKED = {"f": "gazette", "t_i": "bread", "t_u": "https://gazette.example/bread"}


def written(fields: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def frame(client: Client, **more: str) -> Any:
    return client.get(FRAME, {**ASKED, **more})


def test_the_document_holds_the_comments_and_needs_nothing_to_paint(client: Client, say: Say) -> None:
    say("Rye **and** wheat.")
    answer = frame(client)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Rye <strong>and</strong> wheat." in html
    assert "<style>" in html
    assert not re.search(r"<link[^>]+stylesheet", html)
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", html)
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []


def test_the_policy_allows_only_our_own_and_only_the_forums_sites_may_frame(
    client: Client, cast: Cast
) -> None:
    Domain.objects.create(forum=cast.gazette, host="*.sister.example")
    policy = frame(client).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "style-src 'sha256-" in policy
    ancestors = re.search(r"frame-ancestors ([^;]+)", policy)
    assert ancestors is not None
    assert set(ancestors[1].split()) == {
        "'self'",
        "https://gazette.example",
        "http://gazette.example",
        "https://*.sister.example",
        "http://*.sister.example",
    }
    assert "X-Frame-Options" not in frame(client).headers


def test_the_document_is_the_same_for_everybody_and_any_cache_may_keep_it(client: Client, say: Say) -> None:
    say("Rye.")
    plain = frame(client)
    personal = client.get(
        FRAME, ASKED, headers={"Cookie": "sessionid=x", "Accept-Language": "de", "Authorization": "x"}
    )
    assert plain.content == personal.content
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert "public" in plain.headers["Cache-Control"]
    assert "Set-Cookie" not in plain.headers
    again = client.get(FRAME, ASKED, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    packed = client.get(FRAME, ASKED, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == plain.content
    assert packed.headers["Vary"] == "Accept-Encoding"


def test_what_the_frame_itself_says_in_english_is_ascii(client: Client, say: Say) -> None:
    """One letter beyond, and Python keeps the whole page at two bytes a letter, and encodes it letter by letter."""
    deepest = say("Rye.")
    for _ in range(7):
        deepest = say("Rye.", to=deepest)
    html = frame(client, cursor=deepest.anchor).content
    assert b"in reply to" in html
    assert html.isascii()


def test_reading_makes_nothing(client: Client, cast: Cast) -> None:
    assert frame(client, t_i="new").status_code == 200
    assert not Thread.objects.of(cast.gazette).exists()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"f": "nobody"}, 404),
        ({"f": "../../etc"}, 404),
        ({"t_u": "https://elsewhere.example/"}, 403),
        ({"t_u": "javascript:alert(1)"}, 403),
        ({"t_i": "", "t_u": ""}, 400),
        ({"t_i": "x" * 301}, 400),
        ({"cursor": "broken"}, 400),
        ({"cursor": "comment-\x00"}, 400),
        ({"cursor": written(["t", 4 * 10**18, 1, "", 0, 0]), "order": "newest"}, 400),
        ({"cursor": written(["t", True, 1, "", 0, 0])}, 400),
        ({"t_u": "https://evil.example\\@gazette.example/x"}, 403),
        ({"t_u": "https://gazette.example@evil.example/"}, 403),
        ({"t_u": "https://gazette.example:x/"}, 403),
        ({"t_u": "https://gazette.example/a b"}, 403),
        ({"order": "sideways"}, 200),
        ({"lang": "tlh"}, 200),
    ],
)
def test_a_wrong_address_is_answered_by_a_page(
    client: Client, say: Say, more: dict[str, str], status: int
) -> None:
    say("Rye.")
    answer = frame(client, **more)
    assert answer.status_code == status
    assert "<!doctype html>" in answer.content.decode().lower()
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_hidden_waiting_and_deleted_comments_are_in_no_output(client: Client, cast: Cast, say: Say) -> None:
    gone = [say(f"secret {verdict}") for verdict in ("hide", "spam", "delete")]
    parent = say("secret parent")
    say("answer", to=parent)
    for comment, verdict in zip(gone, ("hide", "spam", "delete"), strict=True):
        decide(forum=cast.gazette, comments=[comment], verdict=verdict, by=cast.bo)
    decide(forum=cast.gazette, comments=[parent], verdict="hide", by=cast.bo)
    cast.gazette.premoderation = "everybody"
    say("secret waiting")
    outputs = [
        frame(client),
        frame(client, cursor=gone[0].anchor),
        frame(client, cursor=parent.anchor),
        client.get("/embed/feed/", ASKED),
        client.get("/embed/feed/", {"f": "gazette"}),
    ]
    for output in outputs:
        assert output.status_code == 200
        assert "answer" in output.content.decode()
        assert "secret" not in output.content.decode()
    assert '"comments":1' in client.get("/count-data.js", {"f": "gazette", "1": "bread"}).content.decode()


def test_no_output_tells_an_e_mail(client: Client, cast: Cast, say: Say) -> None:
    say("Rye.", by=cast.guest)
    say("Wheat.", by=cast.cy)
    for output in (frame(client), client.get("/embed/feed/", {"f": "gazette"})):
        assert "mail.example" not in output.content.decode()


def test_pages_link_to_each_other_without_javascript(client: Client, say: Say) -> None:
    for number in range(30):
        say(f"number {number}")
    html = frame(client).content.decode()
    following = re.search(r'rel="next"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*rel="next"', html)
    assert following is not None
    second = client.get((following[1] or following[2]).replace("&amp;", "&")).content.decode()
    assert "number 4<" in second
    assert "number 29<" not in second


def test_the_language_is_the_urls_or_the_forums(client: Client, cast: Cast, say: Say) -> None:
    assert 'lang="de"' in frame(client, lang="de").content.decode()
    assert 'dir="rtl"' in frame(client, lang="ar").content.decode()
    assert 'lang="en"' in frame(client).content.decode()


def test_a_warm_page_costs_at_most_six_queries(client: Client, say: Say) -> None:
    parent = None
    for number in range(40):
        parent = say(str(number), to=parent if number % 4 else None)
    frame(client)
    with query_budget(6):
        frame(client)


def test_the_feed_is_atom_and_survives_hostile_text(client: Client, cast: Cast, say: Say) -> None:
    say("]]> <script> & \x0b \ufffe zalgo " + "̷" * 50)
    answer = client.get("/embed/feed/", {"f": "gazette"})
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    assert b"<entry>" in answer.content
    assert client.get("/embed/feed/", {"f": "nobody"}).status_code == 404


@pytest.mark.parametrize("script", ["embed.js", "count.js"])
def test_the_scripts_are_served_plain_and_by_shortname(client: Client, db: None, script: str) -> None:
    plain, named = client.get(f"/{script}"), client.get(f"/gazette/{script}")
    assert plain.content == named.content
    assert plain.headers["Content-Type"].startswith("text/javascript")
    assert plain.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "__WILDCARD__" not in plain.content.decode()


def test_counts_come_in_one_script_for_many_pages(client: Client, cast: Cast, say: Say) -> None:
    say("Rye.")
    asked = {"f": "gazette", "1": ["bread", "nothing"], "2": ["https://gazette.example/bread/"]}
    answer = client.get("/count-data.js", asked)
    told = answer.content.decode()
    assert told.startswith("DISQUSWIDGETS.displayCount({")
    assert '{"id":"bread","comments":1}' in told
    assert '{"id":"nothing","comments":0}' in told
    assert '{"id":"https://gazette.example/bread/","comments":1}' in told
    assert "public" in answer.headers["Cache-Control"]
    assert client.get("/gazette/count-data.js", {"1": "bread"}).content.decode().count('"comments":1}') == 1
    with query_budget(1):
        client.get("/count-data.js", asked)


def test_counts_of_an_unknown_forum_or_too_many_pages_are_refused(client: Client, cast: Cast) -> None:
    assert client.get("/count-data.js", {"f": "nobody", "1": "x"}).status_code == 404
    assert client.get("/count-data.js", {"f": "gazette", "1": [str(n) for n in range(61)]}).status_code == 400


def test_nobody_is_told_whose_comment_was_hidden(client: Client, cast: Cast, say: Say) -> None:
    secret = replace(cast.guest, name="SECRETNAME")
    comment = say("0")
    for depth in range(1, 9):
        comment = say(str(depth), to=comment, by=secret if depth in (5, 7) else None)
    hidden = Comment.objects.of(cast.gazette).select_related("thread").filter(author_name="SECRETNAME")
    decide(forum=cast.gazette, comments=list(hidden), verdict="hide", by=cast.bo)
    for more in ({}, {"cursor": comment.anchor}):
        assert "SECRETNAME" not in frame(client, **more).content.decode()


def test_a_feed_of_an_impossible_page_is_not_found(client: Client, cast: Cast) -> None:
    for wrong in ({"t_i": "x" * 301}, {"t_u": "https://gazette.example/" + "x" * 2_000}):
        assert client.get("/embed/feed/", {"f": "gazette", **wrong}).status_code == 404


def test_a_database_out_of_reach_is_said_with_the_time_to_wait(
    client: Client, cast: Cast, monkeypatch: Any
) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("descant.embed.pages.asking.read_page", fail)
    answer = frame(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


def test_only_what_was_read_to_be_kept_may_be_kept_for_long(client: Client, say: Say, settings: Any) -> None:
    """Else a replica that is late would be shown by the caches long after they were told of a change."""
    settings.PURGES = [{"url": "http://127.0.0.1:9/purge"}]
    say("Rye.")
    assert "Surrogate-Control" not in frame(client).headers
    assert "max-age=600" in document(ASKED, to_keep=True).headers["Surrogate-Control"]
