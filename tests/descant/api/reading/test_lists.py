"""Lists take the arguments that the contract names, and pass nothing by that would change what they tell."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.discussion.reading.searching import write_words
from descant.discussion.voting import cast_vote
from descant.forums.signing_on.keys import make_key
from tests.descant.api.reading.conftest import Ask
from tests.descant.conftest import Cast
from tests.descant.signing import EVE, signed

Say = Callable[..., Comment]
BREAD = {"thread_ident": "bread"}


def ids(told: dict[str, Any]) -> list[str]:
    assert told["code"] == 0, told
    return [each["id"] for each in told["response"]]


@pytest.mark.parametrize("name", ["threads/list", "forums/listThreads"])
def test_of_the_threads_only_those_named_are_told(ask: Ask, cast: Cast, bread: Thread, name: str) -> None:
    ham = make_thread(cast.gazette, PageAddress(identifier="ham"))
    assert ids(ask(name)) == [str(ham.pk), str(bread.pk)]
    assert ids(ask(name, thread_ident="ham")) == [str(ham.pk)]
    assert ids(ask(name, thread=[ham.pk, "ident:bread"], order="asc")) == [str(bread.pk), str(ham.pk)]
    assert ids(ask(name, author="7")) == []


@pytest.mark.parametrize(
    ("name", "asked"), [("threads/listPosts", BREAD), ("posts/list", BREAD), ("posts/listPopular", BREAD)]
)
def test_the_comments_of_a_thread_are_found_by_it_alone(
    ask: Ask, say: Say, name: str, asked: dict[str, str]
) -> None:
    """Else SQLite, which keeps no statistics, walks those of the whole forum."""
    said = say("Rye.")
    with CaptureQueriesContext(connections["p1"]) as queries:
        assert ids(ask(name, **asked)) == [str(said.pk)]
    lists = [each["sql"] for each in queries if "ORDER BY" in each["sql"] and "LIMIT" in each["sql"]]
    of_comments = [sql for sql in lists if 'FROM "discussion_comment"' in sql]
    assert of_comments
    assert not [sql for sql in of_comments if '"discussion_comment"."forum_id" = ' in sql]


def test_threads_after_a_time_are_those_since_it(ask: Ask, cast: Cast, bread: Thread) -> None:
    ham = make_thread(cast.gazette, PageAddress(identifier="ham"))
    after = ham.created_at.replace(tzinfo=None).isoformat()
    assert ids(ask("forums/listThreads", after=after)) == [str(ham.pk)]


@pytest.mark.parametrize("name", ["posts/list", "posts/listPopular"])
def test_an_old_program_passes_over_what_it_has_read(ask: Ask, say: Say, name: str) -> None:
    for number in range(5):
        say(str(number))
    every = ids(ask(name, limit=5))
    assert [
        *ids(ask(name, limit=2)),
        *ids(ask(name, limit=2, offset=2)),
        *ids(ask(name, limit=2, offset=4)),
    ] == every
    assert len(every) == 5
    assert ids(ask(name, offset=5)) == []


def test_what_is_popular_is_told_of_threads_and_states_that_are_asked_for(
    ask: Ask, guest: Ask, say: Say, cast: Cast
) -> None:
    liked, other = say("Rye."), say("Wheat.")
    hidden = say("Spelt.")
    cast_vote(forum=cast.gazette, comment=other, author=cast.bo, value=1)
    decide(forum=cast.gazette, comments=[hidden], verdict="hide", by=cast.ann)
    assert ids(ask("posts/listPopular")) == [str(other.pk), str(liked.pk)]
    assert ids(ask("posts/listPopular", thread_ident="ham")) == []
    assert ids(ask("posts/listPopular", include="deleted")) == [str(hidden.pk)]
    assert str(hidden.pk) not in ids(guest("posts/listPopular", include="deleted"))


def test_words_are_looked_for_within_a_thread(ask: Ask, say: Say, cast: Cast) -> None:
    comments = [say("Rye."), say("Wheat.")]
    write_words(comments)
    assert ids(ask("threads/listPosts", thread_ident="bread", query="whe")) == [str(comments[1].pk)]
    assert ids(ask("posts/listPopular", query="rye")) == [str(comments[0].pk)]


def test_a_thread_is_read_a_hundred_lines_at_once(ask: Ask, say: Say) -> None:
    said = [str(say(str(number)).pk) for number in range(60)]
    asked = {"thread_ident": "bread", "order": "asc"}
    first = ask("threads/listPostsThreaded", **asked, limit=50)
    assert ids(first) == said[:50]
    assert (
        ids(ask("threads/listPostsThreaded", **asked, limit=50, cursor=first["cursor"]["next"])) == said[50:]
    )
    assert ids(ask("threads/listPostsThreaded", **asked, limit=100)) == said
    assert first["cursor"]["hasPrev"] is False


def test_a_program_learns_as_whom_it_acts(ask: Ask, guest: Ask, cast: Cast) -> None:
    assert cast.ann.user is not None
    assert ask("users/details")["response"]["id"] == str(cast.ann.user.pk)
    assert ask("users/details", user=cast.ann.user.pk)["response"]["name"] == "Ann"
    assert guest("users/details")["code"] == 2


def test_the_site_is_told_which_of_its_own_people_wrote_and_nobody_else_is(
    ask: Ask, guest: Ask, client: Client, cast: Cast, bread: Thread
) -> None:
    key = make_key(forum=cast.gazette)
    said = {"api_key": key.public_key, "message": "Rye.", "thread": str(bread.pk)}
    client.post("/api/3.0/posts/create.json", {**said, "remote_auth": signed(EVE, key.secret_key)})
    for name in ("posts/list", "threads/listPosts", "forums/listPosts"):
        (post,) = ask(name, thread_ident="bread")["response"]
        assert post["author"]["remote"] == {"domain": "gazette", "identifier": EVE["id"]}
        (post,) = guest(name, thread_ident="bread")["response"]
        assert "remote" not in post["author"]
    assert User.objects.get(name="Eve").organisation == cast.gazette.pk
