"""A forum's page: recent comments, busy threads, people who agreed; public, bounded, and nothing that is hidden."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.accounts.preferring import show_profile
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.reading.lately import LOOKED_AT
from descant.discussion.voting import cast_vote
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
PAGE = "/f/gazette/"


def page(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def thread_about(cast: Cast, name: str) -> Thread:
    return make_thread(cast.gazette, PageAddress(name, f"https://gazette.example/{name}", name.title()))


def test_recent_comments_stand_with_links_to_where_they_are(client: Client, say: Say) -> None:
    comment = say("Rye **and** wheat.")
    html = page(client)
    assert "Rye and wheat." in html
    assert f'href="https://gazette.example/bread#descant-{comment.pk}"' in html
    assert 'href="/embed/feed/?f=gazette"' in html
    assert 'type="application/atom+xml"' in html


def test_the_page_is_the_same_for_everybody_and_any_cache_may_keep_it(
    client: Client, cast: Cast, say: Say, signed_in: Callable[[Author], Client]
) -> None:
    say("Rye.")
    plain = client.get(PAGE)
    personal = signed_in(cast.ann).get(PAGE, headers={"Accept-Language": "de", "Authorization": "x"})
    assert plain.content == personal.content
    assert plain.headers["Vary"] == personal.headers["Vary"] == "Accept-Encoding"
    assert "public" in plain.headers["Cache-Control"]
    assert "Set-Cookie" not in plain.headers
    assert "csrf" not in plain.content.decode()
    again = client.get(PAGE, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    packed = client.get(PAGE, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == plain.content
    assert "unsafe" not in plain.headers["Content-Security-Policy"]


@pytest.mark.parametrize("verdict", ["hide", "spam", "delete"])
def test_what_is_hidden_is_nowhere_on_it(client: Client, cast: Cast, say: Say, verdict: str) -> None:
    show_profile(user=cast.cy.user, name="cy", scope="everywhere")  # type: ignore[arg-type]
    secret = say("A secret word.", by=cast.cy)
    assert "/by/cy/" in page(client)
    decide(forum=cast.gazette, comments=[secret], verdict=verdict, by=cast.bo)
    html = page(client)
    assert "secret" not in html
    assert "/by/cy/" not in html
    cast.gazette.premoderation = "everybody"
    say("Another secret.")
    assert "secret" not in page(client)


def test_no_e_mail_and_no_name_that_signs_in_is_told(client: Client, cast: Cast, say: Say) -> None:
    assert cast.cy.user is not None
    type(cast.cy.user).objects.filter(pk=cast.cy.user.pk).update(username="cy-signs-in")
    show_profile(user=cast.cy.user, name="cyril", scope="everywhere")
    say("Rye.", by=cast.guest)
    say("Wheat.")
    for path in (PAGE, "/by/cyril/"):
        html = client.get(path).content.decode()
        for told in ("mail.example", "cy-signs-in", "192.0.2", cast.guest.guest):
            assert told not in html
        assert not re.search(r"\b[0-9a-f]{32,64}\b", re.sub(r"/static/[^\"]+", "", html))


def test_only_those_who_agreed_are_listed_and_only_where(client: Client, cast: Cast, say: Say) -> None:
    for person in (cast.ann, cast.bo, cast.cy):
        say("Rye.", by=person)
    assert cast.ann.user is not None
    assert cast.bo.user is not None
    assert cast.cy.user is not None
    show_profile(user=cast.ann.user, name="ann-b", scope="everywhere")
    show_profile(user=cast.bo.user, name="bo-c", scope="forums", forum_ids=[cast.gazette.pk])
    show_profile(user=cast.cy.user, name="cy-d", scope="forums", forum_ids=[cast.tribune.pk])
    html = page(client)
    assert "/by/ann-b/" in html
    assert "/by/bo-c/" in html
    assert "/by/cy-d/" not in html
    show_profile(user=cast.bo.user, name="bo-c", scope="nobody")
    assert "/by/bo-c/" not in page(client)


def test_popular_is_what_is_written_and_voted_for_lately(client: Client, cast: Cast, say: Say) -> None:
    quiet, voted = thread_about(cast, "quiet"), thread_about(cast, "voted")
    for text in ("One.", "Two."):
        say(text)
    for thread in (quiet, voted):
        said = post_comment(forum=cast.gazette, thread=thread, author=cast.cy, draft=Draft(text="Here."))
    for voter in (cast.ann, cast.bo):
        cast_vote(forum=cast.gazette, comment=said, author=voter, value=1)
    popular = page(client).split('id="busy"')[1].split("</section>")[0]
    assert re.findall(r"<bdi>(\w+)</bdi>", popular) == ["Voted", "Bread", "Quiet"]


def test_pages_follow_by_key_and_none_is_lost_or_told_twice(client: Client, cast: Cast, say: Say) -> None:
    made = [say(f"number {number}!") for number in range(45)]
    moment = made[20].created_at
    Comment.objects.of(cast.gazette).filter(pk__in=[each.pk for each in made[10:30]]).update(
        created_at=moment
    )
    told, asked = [], {}
    for _page in range(3):
        html = page(client, **asked)
        told += re.findall(r"number \d+!", html)
        following = re.search(r'href="\?before=([^"&]+)"', html)
        asked = {"before": following[1]} if following else {}
    assert not asked
    assert len(told) == len(set(told)) == 45


def test_the_page_costs_six_queries_however_much_there_is(client: Client, cast: Cast, say: Say) -> None:
    assert cast.cy.user is not None
    show_profile(user=cast.cy.user, name="cy", scope="everywhere")
    for number in range(3):
        say(str(number))
    page(client)
    with query_budget(6):
        page(client)
    for number in range(30):
        thread = thread_about(cast, f"page-{number}")
        for person in (cast.ann, cast.cy, cast.guest):
            post_comment(forum=cast.gazette, thread=thread, author=person, draft=Draft(text="Rye."))
    with query_budget(6):
        html = page(client)
    following = re.search(r'href="\?before=([^"&]+)"', html)
    assert following is not None
    with query_budget(3):
        page(client, before=following[1])


def test_what_is_looked_at_is_bounded(client: Client, cast: Cast, say: Say, bread: Thread) -> None:
    say("Rye.")
    row = Comment.objects.of(cast.gazette).get()
    older = thread_about(cast, "elder")
    many = [
        Comment(forum_id=cast.gazette.pk, thread=older, author_name="Old", created_at=row.created_at)
        for _ in range(5)
    ]
    late = [
        Comment(forum_id=cast.gazette.pk, thread=bread, author_name="New", created_at=row.created_at)
        for _ in range(LOOKED_AT)
    ]
    Comment.objects.of(cast.gazette).bulk_create([*many, *late])
    assert "Elder" not in page(client)


def test_links_lead_to_pages_of_the_forums_own_sites_alone(client: Client, cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    for url in ("javascript:alert(1)", "https://evil.example/x", "https://gazette.example@evil.example/"):
        Thread.objects.of(cast.gazette).filter(pk=comment.thread_id).update(url=url)
        html = page(client)
        assert "Rye." in html
        assert f'href="{url}' not in html


@pytest.mark.parametrize("asked", [{"before": "x"}, {"before": "1-"}, {"before": "9" * 30 + "-1"}])
def test_a_damaged_link_and_an_unknown_forum_are_answered_alike(
    client: Client, cast: Cast, asked: dict[str, str]
) -> None:
    answers: list[Any] = [client.get(PAGE, asked), client.get("/f/nowhere/"), client.get("/f/No Where/")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_the_page_speaks_the_forums_language_or_the_urls(client: Client, cast: Cast, say: Say) -> None:
    say("Rye.")
    assert 'lang="en" dir="ltr"' in page(client)
    assert 'lang="ar" dir="rtl"' in page(client, lang="ar")
