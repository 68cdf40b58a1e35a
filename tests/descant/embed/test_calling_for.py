"""The frame's calls for a moderator, and a moderator's own: flag, pin, ban."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.authors import Author
from descant.discussion.deciding import answer_appeal, decide
from descant.discussion.deciding.abilities import ABILITIES
from descant.discussion.deciding.banning import author_of, ban_person
from descant.discussion.models import Appeal, Comment, Flag
from descant.forums.models import Ban, Forum
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]


def ask(forum: Forum, act: str, author: Author, **body: Any) -> tuple[int, dict[str, Any]]:
    token = issue_token(forum_id=forum.pk, user=author.user, guest=author.guest)
    response = Client().post(
        f"/embed/do/{act}",
        orjson.dumps({"forum": forum.name, **body}),
        content_type="application/json",
        HTTP_ORIGIN="http://testserver",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )
    return response.status_code, orjson.loads(response.content)


def test_a_reader_flags_a_comment_once(cast: Cast, say: Say) -> None:
    comment = say("Buy sawdust.")
    asked = {"comment": str(comment.pk), "reason": "spam", "note": "again"}
    assert ask(cast.gazette, "flag", cast.guest, **asked) == (200, {"state": "shown"})
    status, told = ask(cast.gazette, "flag", cast.guest, **asked)
    assert (status, told["error"]["code"]) == (403, "flag_refused")
    assert Flag.objects.of(cast.gazette).get().note == "again"


def test_a_comment_of_another_forum_is_flagged_by_nobody_from_here(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    status, told = ask(cast.tribune, "flag", cast.dee, comment=str(comment.pk), reason="spam")
    assert (status, told["error"]["code"]) == (404, "not_found")


def test_a_moderator_pins_and_everybody_sees_it_first(cast: Cast, say: Say, client: Client) -> None:
    comment = say("Read *this* first.")
    assert ask(cast.gazette, "pin", cast.bo, comment=str(comment.pk))[0] == 200
    page = client.get("/embed/comments/?f=gazette&t_i=bread").content.decode()
    assert page.index('class="pinned"') < page.index('id="lines"')
    assert "Read this first." in page[page.index('class="pinned"') : page.index('id="lines"')]
    assert ask(cast.gazette, "pin", cast.cy, comment=str(comment.pk))[1]["error"]["code"] == "not_a_moderator"


@pytest.mark.parametrize(("kind", "shown"), [("author", "Cy"), ("address", "the address of Cy")])
def test_a_moderator_bans_from_the_frame(cast: Cast, say: Say, kind: str, shown: str) -> None:
    comment = say("Buy.", by=replace(cast.cy, address="192.0.2.7"))
    asked = {"comment": str(comment.pk), "kind": kind, "days": "7", "reason": "advertising"}
    assert ask(cast.gazette, "ban", cast.cy, **asked)[1]["error"]["code"] == "not_a_moderator"
    assert ask(cast.gazette, "ban", cast.bo, **asked) == (200, {"banned": True})
    made = Ban.objects.get()
    assert (made.shown, made.reason, made.by_id) == (shown, "advertising", cast.bo.user.pk)
    assert made.until is not None
    for wrong in ({"kind": "country"}, {"days": "2"}, {"reason": " "}):
        assert ask(cast.gazette, "ban", cast.bo, **{**asked, **wrong})[0] == 400


def test_each_ability_is_of_the_roles_that_the_table_says() -> None:
    roles = {name: sorted(map(str, having)) for name, (_words, having) in ABILITIES.items()}
    assert roles["settings"] == roles["roles"] == ["owner"]
    assert all("owner" in having for having in roles.values())


def test_an_author_is_told_what_was_decided_and_asks_once_to_look_again(cast: Cast, say: Say) -> None:
    comment = say("Rye, of course.", by=cast.guest)
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo, reason="off topic")
    page = {"thread": {"identifier": "bread"}, "comments": []}
    told = ask(cast.gazette, "mine", cast.guest, **page)[1]["decided"]
    assert [(each["id"], each["may_appeal"]) for each in told] == [(str(comment.pk), True)]
    assert "hidden" in told[0]["words"]
    assert "off topic" in told[0]["words"]
    assert "Rye" not in told[0]["words"]
    assert ask(cast.gazette, "mine", cast.cy, **page)[1]["decided"] == []
    asked = {"comment": str(comment.pk), "said": "It was about bread."}
    assert ask(cast.gazette, "appeal", cast.cy, **asked)[1]["error"]["code"] == "cannot_appeal"
    assert ask(cast.gazette, "appeal", cast.guest, **asked) == (200, {"asked": True})
    assert ask(cast.gazette, "appeal", cast.guest, **asked)[1]["error"]["code"] == "cannot_appeal"
    told = ask(cast.gazette, "mine", cast.guest, **page)[1]["decided"]
    assert told[0]["may_appeal"] is False
    appeal = Appeal.objects.of(cast.gazette).select_related("comment__thread").get()
    answer_appeal(forum=cast.gazette, appeal=appeal, by=cast.ann, answer="It stays hidden.")
    told = ask(cast.gazette, "mine", cast.guest, **page)[1]["decided"]
    assert "It stays hidden." in told[0]["words"]


def test_of_a_secret_ban_nobody_is_told(cast: Cast, say: Say) -> None:
    change_forum(forum=cast.gazette, shadow_bans=True)
    whom = author_of(say("Buy.", by=cast.guest), "guest")
    ban_person(forum=cast.gazette, whom=whom, by=cast.bo, reason="bot", is_shadow=True)
    page = {"thread": {"identifier": "bread"}}
    said = {"name": "Gus", "text": "Buy again.", "key": "k" * 40}
    status, answered = ask(cast.gazette, "post", cast.guest, **page, **said)
    assert (status, answered["state"], answered["reasons"]) == (201, "shown", [])
    told = ask(cast.gazette, "mine", cast.guest, **page, comments=[])[1]
    assert [each["id"] for each in told["recent"]][-1] == answered["id"]
    for shown in (answered["html"], told["recent"][-1]["html"]):
        assert 'data-state="shown"' in shown
        assert "Buy again." in shown
    assert "shadow" not in str((answered, told))
    assert told["decided"] == []
    assert ask(cast.gazette, "mine", cast.cy, **page, comments=[])[1]["recent"] == []
