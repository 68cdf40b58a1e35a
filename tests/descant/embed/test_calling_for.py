"""The frame's calls for a moderator, and a moderator's own: flag, pin, ban."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.test import Client

from descant.accounts.tokens import issue_token
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import ABILITIES
from descant.discussion.models import Comment, Flag
from descant.forums.models import Ban, Forum
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
