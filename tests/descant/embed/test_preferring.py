"""What a reader prefers: told to her frame alone, kept over all sites, and never in a page that others get."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.accounts.models import Block, Preferences
from descant.accounts.preferring import BLOCKS_MOST, keep_preferences
from descant.accounts.tokens import issue_token
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.forums.models import Forum
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
Call = Callable[..., Any]
PAGE = {"identifier": "bread", "url": "https://gazette.example/bread"}


@pytest.fixture
def call(cast: Cast, client: Client) -> Call:
    """What a frame calls: ``call("block", cast.cy, comment="7")``; nobody has no token."""

    def ask(act: str, person: Author | None, *, forum: Forum | None = None, **body: Any) -> Any:
        of = forum or cast.gazette
        headers = {"Origin": "http://testserver"}
        if person is not None:
            token = issue_token(forum_id=of.pk, user=person.user, guest=person.guest)
            headers["Authorization"] = f"Bearer {token}"
        body = {"forum": of.name, "thread": {**PAGE, "url": f"https://{of.name}.example/bread"}, **body}
        return client.post(f"/embed/do/{act}", body, content_type="application/json", headers=headers)

    return ask


def blocked(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["blocked"])


def test_whom_an_account_blocks_is_blocked_on_every_site(cast: Cast, say: Say, call: Call) -> None:
    said, other, own = say("Rye.", by=cast.dee), say("Wheat.", by=cast.guest), say("Oats.")
    assert call("block", cast.cy, comment=str(said.pk)).status_code == 200
    drawn = [str(each.pk) for each in (said, other, own)]
    assert blocked(call("mine", cast.cy, comments=drawn)) == {str(said.pk): ""}
    assert blocked(call("mine", cast.bo, comments=drawn)) == {}
    page = PageAddress("bread", "https://tribune.example/bread", "Bread")
    thread = make_thread(cast.tribune, page)
    there = post_comment(forum=cast.tribune, thread=thread, author=cast.dee, draft=Draft(text="Rye."))
    assert blocked(call("mine", cast.cy, forum=cast.tribune, comments=[str(there.pk)])) == {str(there.pk): ""}
    assert call("block", cast.cy, comment=str(said.pk), blocked=False).status_code == 200
    assert blocked(call("mine", cast.cy, comments=drawn)) == {}


def test_a_guest_is_blocked_by_her_id_and_not_by_her_name(cast: Cast, say: Say, call: Call) -> None:
    said = say("Rye.", by=cast.guest)
    namesake = say("Wheat.", by=Author(guest="fedcba9876543210", name=cast.guest.name, address="192.0.2.9"))
    call("block", cast.cy, comment=str(said.pk))
    drawn = [str(said.pk), str(namesake.pk)]
    assert blocked(call("mine", cast.cy, comments=drawn)) == {str(said.pk): ""}


@pytest.mark.parametrize("who", ["guest", "nobody"])
def test_a_guests_browser_keeps_marks_and_is_told_what_they_meet(
    cast: Cast, say: Say, call: Call, who: str
) -> None:
    mark, more, other = say("Rye.", by=cast.dee), say("More.", by=cast.dee), say("Wheat.", by=cast.bo)
    person = cast.guest if who == "guest" else None
    drawn = [str(each.pk) for each in (mark, more, other)]
    told = blocked(call("mine", person, comments=drawn, blocked=[str(mark.pk)]))
    assert told == {str(mark.pk): str(mark.pk), str(more.pk): str(mark.pk)}
    assert call("block", person, comment=str(mark.pk)).status_code == 403
    assert not Block.objects.exists()


def test_nothing_of_it_is_in_a_page_that_others_get(cast: Cast, say: Say, call: Call, client: Client) -> None:
    said = say("Rye.", by=cast.dee)
    asked = {"f": "gazette", "t_i": "bread"}
    before = client.get("/embed/comments/", asked)
    call("block", cast.cy, comment=str(said.pk))
    call("prefer", cast.cy, order="oldest")
    assert client.get("/embed/comments/", asked).content == before.content
    answer = call("mine", cast.cy, comments=[str(said.pk)])
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "gazette" not in str(Block.objects.values())


def test_a_mark_of_another_forum_meets_nobody(cast: Cast, say: Say, call: Call) -> None:
    said = say("Rye.", by=cast.dee)
    thread = make_thread(cast.tribune, PageAddress("bread", "https://tribune.example/bread", "Bread"))
    foreign = post_comment(forum=cast.tribune, thread=thread, author=cast.dee, draft=Draft(text="Rye."))
    assert blocked(call("mine", None, comments=[str(said.pk)], blocked=[str(foreign.pk)])) == {}
    foreign_answer = call("block", cast.cy, comment=str(foreign.pk))
    absent_answer = call("block", cast.cy, comment="999999")
    assert foreign_answer.status_code == absent_answer.status_code == 404
    assert foreign_answer.content == absent_answer.content
    assert blocked(call("mine", cast.cy, comments=[str(foreign.pk), str(said.pk)])) == {}


def test_who_wrote_what_is_hidden_is_not_told_by_blocking(cast: Cast, say: Say, call: Call) -> None:
    secret = say("Rye.", by=cast.dee)
    decide(forum=cast.gazette, comments=[secret], verdict="hide", by=cast.bo)
    assert call("block", cast.cy, comment=str(secret.pk)).status_code == 404
    assert not Block.objects.exists()


@pytest.mark.parametrize("email", ["mel@mail.example", ""])
def test_who_came_with_an_import_is_blocked_by_her_address_or_her_name(
    cast: Cast, say: Say, call: Call, email: str
) -> None:
    mel, more, other, alive = (say(text, by=cast.guest) for text in ("Rye.", "Oats.", "Wheat.", "Bran."))
    arrived = {"guest": "", "source": "disqus", "author_name": "Mel", "author_email": email}
    rows = Comment.objects.of(cast.gazette)
    rows.filter(pk__in=[mel.pk, more.pk]).update(**arrived)
    rows.filter(pk=other.pk).update(
        **{**arrived, "author_name": "Ole", "author_email": email and "ole@mail.example"}
    )
    drawn = [str(each.pk) for each in (mel, more, other, alive)]
    by_a_guest = blocked(call("mine", None, comments=drawn, blocked=[str(mel.pk)]))
    assert set(by_a_guest) == {str(mel.pk), str(more.pk)}
    assert call("block", cast.cy, comment=str(mel.pk)).status_code == 200
    assert set(blocked(call("mine", cast.cy, comments=drawn))) == {str(mel.pk), str(more.pk)}
    assert "mel" not in Block.objects.get().whom
    call("block", cast.cy, comment=str(more.pk), blocked=False)
    assert blocked(call("mine", cast.cy, comments=drawn)) == {}


def test_oneself_nobody_and_too_many_are_refused(cast: Cast, say: Say, call: Call) -> None:
    own, said = say("Rye."), say("Wheat.", by=cast.dee)
    nobody = say("Oats.", by=cast.guest)
    Comment.objects.of(cast.gazette).filter(pk=nobody.pk).update(guest="")
    for comment in (own, nobody):
        assert call("block", cast.cy, comment=str(comment.pk)).status_code == 400
    Block.objects.bulk_create(
        Block(user=cast.cy.user, whom=f"g{number}", shown="Gus") for number in range(BLOCKS_MOST)
    )
    assert call("block", cast.cy, comment=str(said.pk)).status_code == 400
    assert Block.objects.count() == BLOCKS_MOST


def test_the_order_is_kept_over_sites_and_told_to_her_alone(cast: Cast, say: Say, call: Call) -> None:
    say("Rye.")
    assert call("prefer", cast.cy, order="newest").status_code == 200
    keep_preferences(user=cast.cy.user, language="de")  # type: ignore[arg-type]
    for forum in (cast.gazette, cast.tribune):
        told = call("mine", cast.cy, forum=forum, comments=[]).json()["preferences"]
        assert told == {"order": "newest", "language": "de", "live": True}
    keep_preferences(user=cast.cy.user, live=False)  # type: ignore[arg-type]
    assert call("mine", cast.cy, comments=[]).json()["preferences"]["live"] is False
    assert call("mine", cast.bo, comments=[]).json()["preferences"] == {
        "order": "",
        "language": "",
        "live": True,
    }
    assert call("mine", cast.guest, comments=[]).json()["preferences"] == {
        "order": "",
        "language": "",
        "live": True,
    }


@pytest.mark.parametrize("order", ["sideways", "", 7, None])
def test_an_order_that_is_none_is_refused(cast: Cast, call: Call, order: object) -> None:
    assert call("prefer", cast.cy, order=order).status_code == 400
    assert call("prefer", cast.guest, order="best").status_code == 403
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("marks", [["x"], [7], "7", ["1"] * 101])
def test_marks_are_ids_and_not_too_many(call: Call, say: Say, marks: object) -> None:
    say("Rye.")
    assert call("mine", None, comments=[], blocked=marks).status_code == 400


def test_blocking_costs_the_call_one_query_however_many(cast: Cast, say: Say, call: Call) -> None:
    drawn = [str(say(str(number), by=cast.dee).pk) for number in range(10)]
    call("mine", cast.cy, comments=drawn)
    with query_budget(10):
        call("mine", cast.cy, comments=drawn)
    call("block", cast.cy, comment=drawn[0])
    Block.objects.bulk_create(
        Block(user=cast.cy.user, whom=f"g{number}", shown="Gus") for number in range(50)
    )
    with query_budget(11):
        assert len(blocked(call("mine", cast.cy, comments=drawn))) == 10
