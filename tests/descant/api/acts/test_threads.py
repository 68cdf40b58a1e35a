"""Threads called otherwise, removed with all that was said in them, and put back as they were."""

import itertools
from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.deciding import decide, merge_threads, removing, undo_batch
from descant.discussion.models import Comment, Decision, Thread
from descant.forums.models import Role
from descant.forums.opening import name_role, take_role
from django_headroom.delayed.worker import drain
from tests.descant.api.conftest import Program
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
BREAD = {"thread_ident": "bread"}


def states(cast: Cast) -> list[str]:
    return list(Comment.objects.of(cast.gazette).order_by("pk").values_list("state", flat=True))


def test_a_thread_is_called_otherwise_and_still_found_by_its_old_names(bos: Program, bread: Thread) -> None:
    said = {"title": "Rye", "url": "https://gazette.example/rye", "identifier": "rye"}
    told = bos.ask("threads/update", **BREAD, **said).response
    assert (told["title"], told["link"]) == ("Rye", "https://gazette.example/rye")
    assert told["identifiers"] == ["bread", "rye"]
    for name in ({"thread_ident": "rye"}, {"thread_link": "https://gazette.example/rye"}, BREAD):
        assert bos.ask("threads/details", by="GET", **name).response["id"] == str(bread.pk)
    again = bos.ask("threads/update", **BREAD, **said)
    assert again.response["version"] == told["version"]
    assert bos.ask("threads/update", **BREAD).code == 2
    assert bos.ask("threads/update", **BREAD, url="https://elsewhere.example/").code == 12


def test_a_new_name_is_taken_back_by_undoing_it(bos: Program, bread: Thread, cast: Cast) -> None:
    bos.ask("threads/update", **BREAD, title="Rye")
    renamed = Decision.objects.of(cast.gazette).get(verdict="rename")
    assert undo_batch(forum=cast.gazette, batch=renamed.batch, by=cast.ann) == 1
    bread.refresh_from_db()
    assert bread.title == "Bread"


@pytest.mark.parametrize("more", [{}, {"title": "Rye", "url": "https://gazette.example/rye"}])
def test_a_name_that_was_added_leads_nowhere_when_that_is_undone(
    bos: Program, bread: Thread, cast: Cast, more: dict[str, str]
) -> None:
    bos.ask("threads/update", **BREAD, identifier="rye", **more)
    renamed = Decision.objects.of(cast.gazette).get(verdict="rename")
    assert undo_batch(forum=cast.gazette, batch=renamed.batch, by=cast.ann) == 1
    assert undo_batch(forum=cast.gazette, batch=renamed.batch, by=cast.ann) == 0
    told = bos.ask("threads/details", by="GET", **BREAD).response
    assert (told["title"], told["identifiers"]) == ("Bread", ["bread"])
    for name in ({"thread_ident": "rye"}, {"thread_link": "https://gazette.example/rye"}):
        assert "no such thread" in bos.ask("threads/details", by="GET", **name).response


def test_an_address_of_another_thread_is_not_taken_from_it(bos: Program, bread: Thread) -> None:
    bos.ask("threads/create", title="Ham", identifier="ham")
    told = bos.ask("threads/update", **BREAD, identifier="ham", title="Lost")
    assert (told.code, "merge the two" in told.response) == (2, True)
    bread.refresh_from_db()
    assert bread.title == "Bread"


@pytest.mark.parametrize("step", [1, 200], ids=["in steps", "at once"])
def test_a_removed_thread_goes_with_its_comments_and_comes_back_with_them(
    bos: Program, say: Say, cast: Cast, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(removing, "STEP", step)
    answered, hidden = say("Rye."), say("Spelt.")
    say("Wheat.", to=answered)
    bos.ask("posts/highlight", post=answered.pk)
    decide(forum=cast.gazette, comments=[fresh(hidden)], verdict="hide", by=cast.ann)
    before = states(cast)
    (told,) = bos.ask("threads/remove", **BREAD, reason="Off topic.").response
    assert (told["changed"], told["isDeleted"], told["isClosed"]) == (True, True, True)
    work()
    assert set(states(cast)) == {"deleted"}
    thread = bos.ask("threads/details", by="GET", **BREAD).response
    assert (thread["posts"], thread["isDeleted"]) == (0, True)
    assert bos.ask("threads/remove", **BREAD).response[0]["changed"] is False
    (back,) = bos.ask("threads/restore", **BREAD).response
    assert (back["changed"], back["isDeleted"], back["isClosed"]) == (True, False, False)
    work()
    assert states(cast) == before
    assert bos.ask("threads/details", by="GET", **BREAD).response["posts"] == 2
    assert bos.ask("threads/restore", **BREAD).response[0]["changed"] is False


def test_a_removed_thread_takes_nothing_and_shows_nothing(bos: Program, client: Client, say: Say) -> None:
    say("Rye.")
    asked = {"f": "gazette", "t_i": "bread"}
    assert "Rye." in client.get("/embed/comments/", asked).content.decode()
    bos.ask("threads/remove", **BREAD)
    assert bos.ask("posts/create", **BREAD, message="Still here?").code == 2
    work()
    assert "Rye." not in client.get("/embed/comments/", asked).content.decode()


def test_a_removed_thread_goes_though_its_moderator_has_lost_her_role_since(
    bos: Program, say: Say, cast: Cast
) -> None:
    say("Rye.")
    assert cast.bo.user is not None
    removed = bos.ask("threads/remove", **BREAD).response[0]
    take_role(forum=cast.gazette, user_id=cast.bo.user.pk)
    work()
    assert (removed["changed"], states(cast)) == (True, ["deleted"])
    name_role(forum=cast.gazette, user=cast.bo.user, kind=Role.Kind.MODERATOR)
    assert bos.ask("threads/restore", **BREAD).response[0]["changed"] is True
    take_role(forum=cast.gazette, user_id=cast.bo.user.pk)
    work()
    assert states(cast) == ["shown"]


def test_what_was_deleted_before_its_thread_stays_deleted(bos: Program, say: Say, cast: Cast) -> None:
    one, _two = say("Rye."), say("Wheat.")
    bos.ask("posts/remove", post=one.pk)
    bos.ask("threads/close", **BREAD)
    bos.ask("threads/remove", **BREAD)
    work()
    assert bos.ask("threads/open", **BREAD).response[0]["changed"] is False
    (back,) = bos.ask("threads/restore", **BREAD).response
    work()
    assert (back["isClosed"], states(cast)) == (True, ["deleted", "shown"])


def test_removed_threads_are_listed_for_moderators_who_ask(bos: Program, client: Client, say: Say) -> None:
    say("Rye.")
    bos.ask("threads/remove", **BREAD)
    assert bos.ask("threads/list", by="GET").response == []
    assert len(bos.ask("threads/list", by="GET", include="killed").response) == 1
    asked = {"api_key": bos.public, "include": "killed"}
    assert client.get("/api/3.0/threads/list.json", asked).json()["response"] == []


@pytest.mark.parametrize("name", ["details", "listPosts", "listPostsThreaded", "listChanges"])
def test_a_removed_thread_is_there_for_moderators_alone(
    bos: Program, client: Client, say: Say, name: str
) -> None:
    thread = str(say("Rye.").thread_id)
    bos.ask("threads/remove", **BREAD)
    for named in ({"thread": thread}, {"thread:ident": "bread"}):
        asked = {**named, "version": "0"} if name == "listChanges" else named
        told = client.get(f"/api/3.0/threads/{name}.json", {"api_key": bos.public, **asked})
        assert (told.status_code, "no such thread" in told.json()["response"]) == (404, True)
        assert "no such thread" not in str(bos.ask(f"threads/{name}", by="GET", **asked).response)
        told = client.get("/api/3.0/threads/set.json", {"api_key": bos.public, "thread": thread})
        assert told.json()["response"] == []


def test_threads_that_were_merged_lead_to_the_other_in_a_set(bos: Program, bread: Thread, cast: Cast) -> None:
    ham = bos.ask("threads/create", title="Ham", identifier="ham").response["id"]
    source = Thread.objects.of(cast.gazette).get(pk=int(ham))
    merge_threads(forum=cast.gazette, source=source, target=bread, by=cast.bo)
    for names in itertools.permutations([ham, str(bread.pk), "ident:ham"], 2):
        told = bos.ask("threads/set", by="GET", thread=names).response
        assert [each["id"] for each in told] == [str(bread.pk)]


def fresh(comment: Comment) -> Comment:
    found: Comment = Comment.objects.of(comment.forum_id).select_related("thread").get(pk=comment.pk)
    return found


def work() -> None:
    for _round in range(3):
        drain("p1")
