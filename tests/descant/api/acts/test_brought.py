"""Comments that a program brings in: with the state, the time and the address that they had elsewhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from descant.discussion.authors import Author
from descant.discussion.judging.origins import origin_of
from descant.discussion.models import Comment
from descant.forums import directory
from descant.forums.models import Forum, Role
from tests.descant.api.conftest import Program
from tests.descant.conftest import Cast

SAID = {"thread_ident": "bread", "message": "Rye.", "author_name": "Ada"}
WHEN = {"date": "2011-03-07T20:46:25"}


@pytest.fixture
def server(anns: Program) -> Program:
    """A program that shows the secret key alone."""
    return Program(anns.secret, "", "")


@pytest.mark.parametrize(
    ("state", "kept", "told"),
    [
        ("approved", "shown", "isApproved"),
        ("unapproved", "waiting", ""),
        ("spam", "spam", "isSpam"),
        ("killed", "hidden", "isDeleted"),
    ],
)
def test_a_comment_comes_with_its_state_unjudged(
    server: Program, cast: Cast, state: str, kept: str, told: str
) -> None:
    Forum.objects.filter(pk=cast.gazette.pk).update(premoderation="everybody")
    directory.forget()
    post = server.ask("posts/create", **SAID, **WHEN, state=state).response
    flags = ("isApproved", "isSpam", "isDeleted")
    assert {flag for flag in flags if post[flag]} == {told} - {""}
    assert post["createdAt"] == WHEN["date"]
    comment = Comment.objects.of(cast.gazette).get()
    assert (comment.state, comment.created_at) == (kept, datetime(2011, 3, 7, 20, 46, 25, tzinfo=UTC))
    assert bool(comment.version) == comment.drawn == (kept == "shown")


def test_what_was_said_earlier_stands_earlier(server: Program, bread: Any) -> None:
    for message, year in (("second", "2012"), ("first", "2011")):
        said = {**SAID, "message": message, "date": f"{year}-01-01", "state": "approved"}
        assert server.ask("posts/create", **said).code == 0
    told = server.ask("threads/listPostsThreaded", by="GET", thread_ident="bread", order="asc").response
    assert [post["raw_message"] for post in told] == ["first", "second"]


def test_no_pace_is_kept_of_what_comes_with_a_state(server: Program, settings: Any) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = 1
    codes = [server.ask("posts/create", **SAID, state="approved").code for _ in range(4)]
    assert codes == [0] * 4


def test_an_address_counts_as_where_it_came_from(server: Program, cast: Cast) -> None:
    assert server.ask("posts/create", **SAID, ip_address="198.51.100.7").code == 0
    assert Comment.objects.of(cast.gazette).get().origin == origin_of("198.51.100.7")


@pytest.mark.parametrize("more", [WHEN, {"state": "approved"}, {"ip_address": "198.51.100.7"}])
def test_who_does_not_moderate_says_no_such_thing(
    anns: Program, cast: Cast, program_of: Callable[[Author, Forum], Program], more: dict[str, str]
) -> None:
    Role.objects.create(forum=cast.gazette, user=cast.cy.user, kind=Role.Kind.TRUSTED)
    directory.forget()
    trusted = Program("", program_of(cast.cy, cast.gazette).token, "")
    told = trusted.ask("posts/create", **SAID, **more)
    assert (told.status, told.code) == (403, 12)
    guest = Program("", "", "").ask("posts/create", **SAID, **more, api_key=anns.public)
    assert (guest.status, guest.code) == (403, 12)
    assert not Comment.objects.of(cast.gazette).exists()


@pytest.mark.parametrize(
    "wrong", [{"date": "2999-01-01"}, {"date": "1969-01-01"}, {"state": "x"}, {"ip_address": "x"}]
)
def test_what_cannot_be_is_refused(server: Program, wrong: dict[str, str]) -> None:
    assert server.ask("posts/create", **SAID, **wrong).code == 2
