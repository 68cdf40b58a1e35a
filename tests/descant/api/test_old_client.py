"""What the old ``disqus-python`` sends is understood, and what it is told it can read."""

from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.models import Comment
from descant.forums.keys.issuing import issue_key
from tests.descant.api.old_client import APIError, OldClient
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


@pytest.fixture
def disqus(client: Client, cast: Cast) -> OldClient:
    return OldClient(client, issue_key(forum=cast.gazette).secret_key)


def test_a_thread_is_found_by_its_identifier_and_by_its_address(disqus: OldClient, say: Say) -> None:
    thread_id = str(say("Rye.").thread_id)
    for asked in (
        {"thread": "ident:bread"},
        {"thread:ident": "bread"},
        {"thread": "link:https://gazette.example/bread"},
        {"thread:link": "http://gazette.example/bread/"},
        {"thread": thread_id},
    ):
        assert disqus.get("threads/details", forum="gazette", **asked)["id"] == thread_id


def test_several_threads_are_one_request(disqus: OldClient, say: Say) -> None:
    thread_id = str(say("Rye.").thread_id)
    for asked in ({"thread": [thread_id, "ident:ham", "99"]}, {"thread[]": [thread_id]}):
        told = disqus.get("threads/set", forum="gazette", **asked)
        assert [(each["id"], each["posts"]) for each in told] == [(thread_id, 1)]


def test_all_comments_are_read_page_by_page(disqus: OldClient, say: Say) -> None:
    for number in range(7):
        say(str(number))
    for resource in ("posts/list", "forums/listPosts"):
        told = disqus.paginate(resource, forum="gazette", limit=3, order="asc", related=["thread", "forum"])
        posts = list(told)
        assert [post["raw_message"] for post in posts] == [str(number) for number in range(7)]
        assert {post["thread"]["identifiers"][0] for post in posts} == {"bread"}
        assert {post["forum"]["id"] for post in posts} == {"gazette"}


def test_a_sync_goes_on_from_a_time(disqus: OldClient, say: Say) -> None:
    first, second = say("Rye."), say("Wheat.")
    since = first.created_at.replace(tzinfo=None).isoformat()
    told = disqus.get("posts/list", forum="gazette", since=since, order="asc", limit=100)
    assert [post["id"] for post in told] == [str(first.pk), str(second.pk)]
    until = disqus.get("posts/list", forum="gazette", start=since, end=since)
    assert [post["id"] for post in until] == [str(first.pk)]


def test_a_secret_key_reads_what_moderators_read(disqus: OldClient, say: Say, cast: Cast) -> None:
    shown, waiting = say("Rye."), say("Wheat.")
    Comment.objects.of(cast.gazette).filter(pk=waiting.pk).update(state="waiting", version=None)
    told = disqus.get("posts/list", forum="gazette", include=["unapproved", "approved"])
    assert [(post["id"], post["isApproved"]) for post in told] == [
        (str(waiting.pk), False),
        (str(shown.pk), True),
    ]
    assert told[0]["raw_message"] == "Wheat."


def test_a_form_is_posted(disqus: OldClient, say: Say) -> None:
    parent = say("Rye.")
    told = disqus.post(
        "posts/create",
        thread=parent.thread_id,
        parent=parent.pk,
        message="Wheat – ünd € too",
        author_name="Ada",
        author_email="ada@mail.example",
    )
    assert (told["raw_message"], told["parent"]) == ("Wheat – ünd € too", parent.pk)


@pytest.mark.parametrize(
    ("resource", "asked", "code"),
    [
        ("threads/details", {"thread": "ident:nothing"}, 8),
        ("threads/details", {}, 2),
        ("posts/list", {"forum": "tribune"}, 12),
        ("posts/list", {"limit": "many"}, 2),
        ("posts/details", {"post": "99"}, 8),
        ("categories/details", {"category": "99"}, 8),
    ],
)
def test_a_refusal_has_its_code(disqus: OldClient, resource: str, asked: dict[str, str], code: int) -> None:
    with pytest.raises(APIError) as refused:
        disqus.get(resource, **asked)
    assert refused.value.code == code


def test_who_did_not_agree_to_be_seen_is_told_of_to_moderators_alone(
    disqus: OldClient, client: Client, say: Say, cast: Cast
) -> None:
    say("Rye.", by=cast.cy)
    assert cast.cy.user is not None
    key = issue_key(forum=cast.gazette).public_key
    asked = {"user": str(cast.cy.user.pk)}
    for name in ("details", "listPosts", "listActivity"):
        assert client.get(f"/api/3.0/users/{name}.json", {**asked, "api_key": key}).status_code == 404
        assert disqus.get(f"users/{name}", **asked)
    assert client.get("/api/3.0/forums/listUsers.json", {"api_key": key}).json()["response"] == []
    assert [user["name"] for user in disqus.get("forums/listUsers")] == ["Cy"]
    assert client.get("/api/3.0/forums/listModerators.json", {"api_key": key}).status_code == 403
    assert {each["user"]["name"] for each in disqus.get("forums/listModerators")} == {"Ann", "Bo"}
