"""The private call on top of the public page: what one person may see more, and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.models import Comment
from descant.discussion.seeing import may_see
from descant.discussion.voting import cast_vote
from descant.forums.models import Premoderation
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
Mine = Callable[..., dict[str, Any]]
PAGE = {"identifier": "bread", "url": "https://gazette.example/bread"}


@pytest.fixture
def mine(cast: Cast, client: Client) -> Mine:
    """What the frame of a person is told whose page has drawn these comments."""

    def ask(person: Author, *drawn: Comment) -> dict[str, Any]:
        token = issue_token(forum_id=cast.gazette.pk, user=person.user, guest=person.guest)
        body = {"forum": "gazette", "thread": PAGE, "comments": [str(comment.pk) for comment in drawn]}
        headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
        answer = client.post("/embed/do/mine", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content
        told: dict[str, Any] = answer.json()
        return told

    return ask


def ids(lines: list[dict[str, Any]]) -> list[str]:
    return [line["id"] for line in lines]


@pytest.mark.parametrize(
    ("state", "who"),
    [
        ("shown", {"nobody", "author", "guest", "moderator"}),
        ("waiting", {"author", "moderator"}),
        ("spam", {"moderator"}),
        ("hidden", {"moderator"}),
        ("deleted", set()),
    ],
)
def test_who_may_see_what(cast: Cast, state: str, who: set[str]) -> None:
    comment = Comment(state=state, author=cast.cy.user)
    viewers = {"nobody": None, "author": cast.cy, "guest": cast.guest, "moderator": cast.bo}
    assert {name for name, viewer in viewers.items() if may_see(comment, viewer)} == who


@pytest.mark.parametrize("verdict", ["hide", "spam"])
def test_a_moderator_is_told_the_text_behind_a_mark_and_nobody_else(
    cast: Cast, say: Say, mine: Mine, verdict: str
) -> None:
    parent = say("An unkind word.")
    say("Please.", to=parent)
    decide(forum=cast.gazette, comments=[parent], verdict=verdict, by=cast.ann)
    (line,) = mine(cast.bo, parent)["hidden"]
    assert line["id"] == str(parent.pk)
    assert "An unkind word." in line["html"]
    assert "Only moderators see it." in line["html"]
    for other in (cast.cy, cast.dee, cast.guest):
        told = mine(other, parent)
        assert told["hidden"] == []
        assert "unkind" not in str(told)


def test_a_moderator_is_told_what_was_hidden_and_left_no_mark_the_last_first(
    cast: Cast, say: Say, mine: Mine
) -> None:
    gone = [say(str(number)) for number in range(30)]
    decide(forum=cast.gazette, comments=gone, verdict="hide", by=cast.ann)
    spam = say("Buy sawdust.")
    decide(forum=cast.gazette, comments=[spam], verdict="spam", by=cast.ann)
    told = mine(cast.bo)
    assert ids(told["hidden"]) == [*(str(each.pk) for each in reversed(gone[5:])), str(spam.pk)]
    assert told["recent"] == []


def test_what_was_deleted_is_told_to_nobody(cast: Cast, say: Say, mine: Mine) -> None:
    own, other = say("My own."), say("Another's.", by=cast.guest)
    for comment in (own, other):
        say("Why?", to=comment, by=cast.bo)
    delete_comment(forum=cast.gazette, comment=own, author=cast.cy)
    decide(forum=cast.gazette, comments=[other], verdict="delete", by=cast.ann)
    for person in (cast.bo, cast.cy, cast.guest):
        told = str(mine(person, own, other))
        assert "My own." not in told
        assert "Another's." not in told


def test_who_wrote_what_waits_is_told_it_with_the_reason(cast: Cast, say: Say, mine: Mine) -> None:
    cast.gazette.premoderation = Premoderation.EVERYBODY
    for person in (cast.cy, cast.guest):
        held = say("Let me in.", by=person)
        (line,) = mine(person)["held"]
        assert line["id"] == str(held.pk)
        assert "Let me in." in line["html"]
        assert line["reasons"] == ["Comments are read by a moderator before they are shown."]
    assert mine(replace(cast.guest, guest="fedcba9876543210"))["held"] == []
    assert len(mine(cast.bo)["waiting"]) == 2


def test_an_edit_that_waits_behind_a_mark_is_told_to_its_author(cast: Cast, say: Say, mine: Mine) -> None:
    comment = say("Rye.")
    say("Wheat.", to=comment, by=cast.bo)
    cast.gazette.premoderation = Premoderation.EVERYBODY
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Better rye.")
    (line,) = mine(cast.cy, comment)["held"]
    assert 'class="line l0 comment"' in line["html"]
    assert "Better rye." in line["html"]


def test_the_call_costs_the_same_for_one_comment_and_for_many(cast: Cast, say: Say, mine: Mine) -> None:
    """An account costs six more than a guest: herself, her role, her choices, notices, follow, names she is told of."""
    drawn = []
    for number in range(20):
        author = (cast.bo, cast.cy, cast.guest)[number % 3]
        drawn.append(say(str(number), by=author))
        say("answer", to=drawn[-1])
    decide(forum=cast.gazette, comments=drawn[:12], verdict="hide", by=cast.ann)
    decide(forum=cast.gazette, comments=[say("Buy sawdust."), say("More.")], verdict="spam", by=cast.ann)
    mine(cast.bo, *drawn)
    for person, queries in ((cast.bo, 16), (cast.cy, 12), (cast.guest, 6)):
        for some in (drawn[:1], drawn):
            with query_budget(queries):
                mine(person, *some)


def test_who_has_voted_is_told_the_scores_of_now_which_her_page_may_not_show_yet(
    cast: Cast, say: Say, mine: Mine
) -> None:
    bread, rye, hidden = say("Bread."), say("Rye."), say("Sawdust.")
    for person, value in ((cast.ann, 1), (cast.bo, 1), (cast.guest, -1)):
        cast_vote(forum=cast.gazette, comment=bread, author=person, value=value)
    cast_vote(forum=cast.gazette, comment=rye, author=cast.ann, value=1)
    cast_vote(forum=cast.gazette, comment=rye, author=cast.ann, value=0)
    decide(forum=cast.gazette, comments=[hidden], verdict="hide", by=cast.bo)
    told = mine(cast.ann, bread, rye, hidden)
    assert told["votes"] == {str(bread.pk): 1}
    assert told["scores"] == {str(bread.pk): 1, str(rye.pk): 0}, "also where she has taken her vote back"
