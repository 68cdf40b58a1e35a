"""``posts/create`` and ``threads/listPosts``, as a program calls them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from descant.accounts.models import Remote
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.forums.keys.issuing import issue_key
from descant.forums.models import Role
from descant.forums.opening import name_role
from descant.forums.signing_on.keys import make_key
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast
from tests.descant.signing import EVE, signed

Say = Callable[..., Comment]
CREATE, LIST = "/api/3.0/posts/create.json", "/api/3.0/threads/listPosts.json"


@pytest.fixture
def key(cast: Cast) -> str:
    return issue_key(forum=cast.gazette).public_key


def create(client: Client, key: str, **more: Any) -> Any:
    headers = more.pop("headers", {})
    asked = {
        "api_key": key,
        "forum": "gazette",
        "thread:ident": "bread",
        "message": "Rye.",
        "author_name": "Gus",
        "author_email": "gus@mail.example",
        **more,
    }
    return client.post(
        CREATE, {name: value for name, value in asked.items() if value is not None}, headers=headers
    )


def test_a_comment_comes_back_in_the_shape_of_the_contract(client: Client, key: str) -> None:
    told = create(client, key).json()
    assert told["code"] == 0
    post = told["response"]
    assert post["forum"] == "gazette"
    assert isinstance(post["id"], str)
    assert isinstance(post["thread"], str)
    assert post["parent"] is None
    assert post["message"] == "<p>Rye.</p>\n"
    assert post["raw_message"] == "Rye."
    assert len(post["createdAt"]) == 19
    assert post["author"]["name"] == "Gus"
    assert post["author"]["isAnonymous"] is True
    assert (post["isApproved"], post["isSpam"], post["isDeleted"], post["likes"]) == (True, False, False, 0)
    assert "gus@mail.example" not in str(told)


def test_an_answer_names_its_parent_by_number(client: Client, key: str) -> None:
    first = create(client, key).json()["response"]
    answer = create(client, key, parent=first["id"], thread=first["thread"], **{"thread:ident": None}).json()[
        "response"
    ]
    assert answer["parent"] == int(first["id"])
    assert answer["thread"] == first["thread"]


def test_a_repeated_key_gives_the_same_comment(client: Client, key: str) -> None:
    once, again = (create(client, key, headers={"Idempotency-Key": "k1"}).json() for _ in range(2))
    assert once["response"]["id"] == again["response"]["id"]
    other = create(client, key, message="Wheat.", headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, 2)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"api_key": "nobody's"}, 401, 5),
        ({"api_key": None}, 400, 2),
        ({"forum": "tribune"}, 403, 12),
        ({"message": " "}, 400, 2),
        ({"author_name": None}, 400, 2),
        ({"parent": "x"}, 400, 2),
        ({"parent": "99"}, 400, 2),
        ({"thread:ident": None}, 400, 2),
        ({"thread:ident": None, "thread": "99"}, 404, 8),
        ({"thread:ident": None, "thread:link": "https://elsewhere.example/"}, 403, 12),
        ({"headers": {"Referer": "https://elsewhere.example/"}}, 403, 12),
        ({"headers": {"Origin": "null"}}, 403, 12),
        ({"headers": {"Origin": "http://["}}, 403, 12),
        ({"api_key": "\x00"}, 400, 2),
        ({"thread:ident": "a\x00b", "author_email": "a\x00", "author_url": "\x00"}, 200, 0),
        ({"message": "nul \x00 and half \ud800".encode("utf-8", "surrogatepass")}, 200, 0),
    ],
)
def test_what_cannot_be_done_is_said_in_the_envelope(
    client: Client, key: str, more: dict[str, Any], status: int, code: int
) -> None:
    answer = create(client, key, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_forums_own_pages_may_use_the_key(client: Client, key: str) -> None:
    assert create(client, key, headers={"Origin": "https://gazette.example"}).status_code == 200


def test_too_fast_says_when_to_come_back(client: Client, key: str, settings: Any) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = 1
    create(client, key)
    refused = create(client, key)
    assert (refused.status_code, refused.json()["code"]) == (429, 13)
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_the_comments_of_a_thread_are_listed_page_by_page(client: Client, key: str, say: Say) -> None:
    for number in range(7):
        say(str(number))
    asked = {"api_key": key, "forum": "gazette", "thread:ident": "bread", "limit": "3"}
    seen, cursor = [], ""
    for _ in range(3):
        told = client.get(LIST, {**asked, "cursor": cursor}).json()
        seen += [post["raw_message"] for post in told["response"]]
        cursor = told["cursor"]["next"]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert told["cursor"]["hasNext"] is False
    rising = client.get(LIST, {**asked, "order": "asc"}).json()
    assert [post["raw_message"] for post in rising["response"]] == ["0", "1", "2"]


def test_what_is_not_shown_is_not_listed(client: Client, key: str, cast: Cast, say: Say) -> None:
    decide(forum=cast.gazette, comments=[say("gone")], verdict="hide", by=cast.bo)
    say("here")
    told = client.get(LIST, {"api_key": key, "thread": "ident:bread"}).json()
    assert [post["raw_message"] for post in told["response"]] == ["here"]


def test_since_asks_from_a_time_on(client: Client, key: str, say: Say) -> None:
    comment = say("here")
    later = (comment.created_at + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    for since, count in ((later, 0), ("2020-01-01T00:00:00", 1), ("1577836800", 1)):
        told = client.get(LIST, {"api_key": key, "thread": "ident:bread", "since": since}).json()
        assert len(told["response"]) == count


def test_related_makes_the_thread_an_object(client: Client, key: str, bread: Thread, say: Say) -> None:
    say("here")
    told = client.get(LIST, {"api_key": key, "thread": str(bread.pk), "related": "thread"}).json()
    thread = told["response"][0]["thread"]
    assert thread["identifiers"] == ["bread"]
    assert (thread["posts"], thread["isClosed"], thread["link"]) == (
        1,
        False,
        "https://gazette.example/bread",
    )


@pytest.mark.parametrize(
    "wrong",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"order": "up"}, {"cursor": "x"}, {"since": "soon"}],
)
def test_a_wrong_argument_is_named(client: Client, key: str, say: Say, wrong: dict[str, str]) -> None:
    say("here")
    answer = client.get(LIST, {"api_key": key, "thread:ident": "bread", **wrong})
    assert answer.status_code == 400
    assert answer.json()["code"] == 2


def test_a_key_lists_no_other_forum(client: Client, cast: Cast, say: Say) -> None:
    say("here")
    key = issue_key(forum=cast.tribune).public_key
    assert client.get(LIST, {"api_key": key, "thread:ident": "bread"}).status_code == 404


def test_a_page_of_the_api_costs_few_queries(client: Client, key: str, say: Say) -> None:
    for number in range(30):
        say(str(number))
    asked = {"api_key": key, "thread:ident": "bread", "limit": "25"}
    client.get(LIST, asked)
    with query_budget(3):
        client.get(LIST, asked)


def test_a_refused_comment_makes_no_thread(client: Client, key: str, cast: Cast) -> None:
    for refused in ({"message": ""}, {"author_name": "Moderator"}):
        assert create(client, key, **{"thread:ident": "squatted", **refused}).status_code == 400
    assert not Thread.objects.of(cast.gazette).exists()


def test_a_key_is_refused_for_another_name(client: Client, key: str) -> None:
    assert create(client, key, headers={"Idempotency-Key": "k1"}).status_code == 200
    other = create(client, key, author_name="Eve", headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409


def test_the_comments_of_an_account_that_is_gone_are_still_listed(
    client: Client, key: str, say: Say, cast: Cast
) -> None:
    say("Rye.", by=cast.cy)
    cast.cy.user.delete()  # type: ignore[union-attr]
    told = client.get(LIST, {"api_key": key, "thread": "ident:bread"}).json()
    assert told["response"][0]["author"]["name"] == "Cy"


def test_an_e_mail_that_is_none_is_not_kept(client: Client, key: str, cast: Cast) -> None:
    create(client, key, author_email="a@b.example\r\nBcc: x@y.example")
    assert Comment.objects.of(cast.gazette).get().author_email == ""


def test_a_message_of_the_site_signs_its_person_in_and_gives_no_ability(
    cast: Cast, bread: Thread, client: Client
) -> None:
    key = make_key(forum=cast.gazette)
    said = {"api_key": key.public_key, "message": "Rye.", "thread": str(bread.pk)}
    written = signed({**EVE, "role": "owner"}, key.secret_key)
    answer = client.post("/api/3.0/posts/create.json", {**said, "remote_auth": written})
    author = answer.json()["response"]["author"]
    assert (author["name"], author["isAnonymous"]) == ("Eve", False)
    assert "mail.example" not in answer.content.decode()
    forged = {**said, "remote_auth_s3": signed(EVE, "x" * 48)}
    refused = client.post("/api/3.0/posts/create.json", forged)
    assert (refused.status_code, refused.json()["code"]) == (401, 18)


def test_a_message_of_the_site_gives_a_moderator_none_of_her_abilities(
    cast: Cast, bread: Thread, client: Client
) -> None:
    """Else the public key alone would write what was never judged, and as of any time."""
    key = make_key(forum=cast.gazette)
    said = {"api_key": key.public_key, "message": "Rye.", "thread": str(bread.pk)}
    said["remote_auth"] = signed(EVE, key.secret_key)
    assert client.post(CREATE, said).status_code == 200
    name_role(forum=cast.gazette, user=Remote.objects.get().user, kind=Role.Kind.MODERATOR)
    for more in ({"state": "approved"}, {"date": "2009-01-01T00:00:00"}, {"ip_address": "192.0.2.9"}):
        told = client.post(CREATE, {**said, **more, "message": "Oats."})
        assert (told.status_code, told.json()["code"]) == (403, 12)
    assert Comment.objects.of(cast.gazette).count() == 1
    assert client.post(CREATE, {**said, "message": "Oats."}).status_code == 200
