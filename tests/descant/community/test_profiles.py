"""A person's page: by choice, over all partitions, and only what everybody may read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.accounts.models import Profile
from descant.accounts.preferring import BadChoice, show_profile
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.followups.models import Activity
from descant.forums import directory
from descant.forums.models import Forum
from django_headroom.delayed.worker import drain
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


def hear() -> None:
    """Let the worker tell what was said."""
    for alias in ("p1", "p2"):
        drain(alias)


@pytest.fixture
def written(cast: Cast, settings: Any) -> dict[str, Comment]:
    """Cy has written on both partitions."""
    settings.DESCANT_COMMENTS_PER_MINUTE = 0
    said = {}
    for forum in (cast.gazette, cast.tribune):
        page = PageAddress("bread", f"https://{forum.name}.example/bread", f"Bread in {forum.name}")
        thread = make_thread(forum, page)
        draft = Draft(text=f"Rye, says the {forum.name}.")
        said[forum.name] = post_comment(forum=forum, thread=thread, author=cast.cy, draft=draft)
    hear()
    return said


def show(cast: Cast, scope: str, *forums: Forum) -> None:
    assert cast.cy.user is not None
    show_profile(user=cast.cy.user, name="cyril", scope=scope, forum_ids=[forum.pk for forum in forums])


def test_everywhere_is_both_partitions_the_latest_first(
    client: Client, cast: Cast, written: dict[str, Comment]
) -> None:
    show(cast, "everywhere")
    html = client.get("/by/cyril/").content.decode()
    assert re.findall(r"says the (\w+)", html) == ["tribune", "gazette"]
    for name, comment in written.items():
        assert f'href="https://{name}.example/bread#descant-{comment.pk}"' in html


def test_by_default_nobody_is_there_and_is_answered_as_one_who_is_not(
    client: Client, cast: Cast, written: dict[str, Comment]
) -> None:
    absent = client.get("/by/nobody/")
    answers = [client.get(f"/by/{name}/") for name in ("cy", "cyril", "%00", "Cyril", "x" * 300)]
    show(cast, "everywhere")
    assert client.get("/by/cyril/").status_code == 200
    show(cast, "nobody")
    answers.append(client.get("/by/cyril/"))
    show(cast, "everywhere")
    type(cast.cy.user).objects.filter(pk=cast.cy.user.pk).update(is_active=False)  # type: ignore[union-attr]
    answers.append(client.get("/by/cyril/"))
    for answer in answers:
        assert answer.status_code == absent.status_code == 404
        assert answer.content == absent.content
        assert dict(answer.headers) == dict(absent.headers)


def test_for_some_forums_is_those_and_no_others(
    client: Client, cast: Cast, written: dict[str, Comment]
) -> None:
    show(cast, "forums", cast.tribune)
    html = client.get("/by/cyril/").content.decode()
    assert "says the tribune" in html
    assert "gazette" not in html
    show(cast, "forums")
    assert "says the" not in client.get("/by/cyril/").content.decode()


@pytest.mark.parametrize("verdict", ["hide", "spam", "delete"])
@pytest.mark.parametrize("heard", [False, True])
def test_what_was_hidden_is_gone_before_anybody_has_heard_of_it(
    client: Client, cast: Cast, written: dict[str, Comment], verdict: str, heard: bool
) -> None:
    show(cast, "everywhere")
    decide(forum=cast.gazette, comments=[written["gazette"]], verdict=verdict, by=cast.bo)
    if heard:
        hear()
    html = client.get("/by/cyril/").content.decode()
    assert "says the tribune" in html
    assert "says the gazette" not in html


def test_a_page_of_many_forums_costs_the_same(
    client: Client, cast: Cast, written: dict[str, Comment]
) -> None:
    """Who, what, how much, two for the forums, and for each partition its comments and their threads."""
    show(cast, "everywhere")
    directory.forget()
    with query_budget(9):
        client.get("/by/cyril/")
    row = Activity.objects.get(comment=written["tribune"].pk)
    for number in range(10):
        forum = directory.forum_named("tribune")
        page = PageAddress(f"p{number}", f"https://tribune.example/{number}", str(number))
        comment = post_comment(
            forum=forum, thread=make_thread(forum, page), author=cast.cy, draft=Draft(text="More.")
        )
        Activity.objects.create(
            user_id=row.user_id,
            forum_id=row.forum_id,
            thread_id=comment.thread_id,
            comment_id=comment.pk,
            posted_at=comment.created_at,
        )
    directory.forget()
    with query_budget(9):
        assert client.get("/by/cyril/").content.decode().count("More.") == 10


def test_pages_follow_by_key(client: Client, cast: Cast, say: Say) -> None:
    for number in range(45):
        say(f"number {number}!")
    hear()
    show(cast, "everywhere")
    told, asked = [], {}
    for _page in range(3):
        html = client.get("/by/cyril/", asked).content.decode()
        told += re.findall(r"number \d+!", html)
        following = re.search(r'href="\?before=([^"&]+)"', html)
        asked = {"before": following[1]} if following else {}
    assert not asked
    assert told == [f"number {number}!" for number in reversed(range(45))]


@pytest.mark.parametrize("name", ["", "Cy", "a b", "ad-min", "moderator", "m0derator", "x" * 41, "-x", "ﬁ"])
def test_a_name_is_plain_and_none_of_the_house(cast: Cast, name: str) -> None:
    assert cast.cy.user is not None
    with pytest.raises(BadChoice):
        show_profile(user=cast.cy.user, name=name, scope="everywhere")
    assert not Profile.objects.exists()


def test_nobody_steps_into_a_name_that_was_somebodys(cast: Cast) -> None:
    assert cast.bo.user is not None
    show(cast, "everywhere")
    show(cast, "nobody")
    with pytest.raises(BadChoice):
        show_profile(user=cast.bo.user, name="cyril", scope="everywhere")
    assert Profile.objects.get().user_id == cast.cy.user.pk  # type: ignore[union-attr]


def test_the_page_is_the_same_for_everybody(
    client: Client, cast: Cast, written: dict[str, Comment], signed_in: Callable[..., Client]
) -> None:
    show(cast, "everywhere")
    plain, own = client.get("/by/cyril/"), signed_in(cast.cy).get("/by/cyril/")
    assert plain.content == own.content
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert "public" in plain.headers["Cache-Control"]
    assert "Set-Cookie" not in plain.headers
