"""A request that has an Idempotency-Key is done once, and answered the same, whatever has changed since."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from descant.api import urls
from descant.api.declaring import ENDPOINTS, Endpoint
from descant.api.reference.openapi import document
from descant.api.serving import endpoints
from descant.api.serving.once import OWN_RECEIPTS, REPLAYED
from descant.discussion.authors import Author
from descant.discussion.models import Comment, Decision
from descant.forums.keys import repeating
from descant.forums.keys.issuing import rotate_key
from descant.forums.keys.repeating import StillBusy, begin, finish, forget_answers, give_up
from descant.forums.models import Forum, KeptAnswer, Key
from tests.descant.api.conftest import FORM, Program
from tests.descant.conftest import ALL_DATABASES, Cast

assert urls.DECLARED_IN, "all endpoints are declared by now"

Say = Callable[..., Comment]
ProgramOf = Callable[[Author, Forum], Program]
NAMED = {"Idempotency-Key": "4f1c9a"}

pytestmark = pytest.mark.django_db(databases=ALL_DATABASES)


@pytest.fixture
def bos(cast: Cast, program_of: ProgramOf) -> Program:
    return program_of(cast.bo, cast.gazette)


def decisions(cast: Cast) -> int:
    return Decision.objects.of(cast.gazette).count()


def test_the_same_request_is_done_once_and_answered_the_same(bos: Program, say: Say, cast: Cast) -> None:
    comment = say("Rye.")
    first = bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    bos.ask("posts/restore", post=comment.pk)
    before = decisions(cast)
    again = bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    assert (again.status, again.response) == (first.status, first.response)
    assert again.response[0]["changed"]
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
    assert decisions(cast) == before
    comment.refresh_from_db()
    assert comment.is_shown


def test_a_refusal_is_answered_again_too(bos: Program, say: Say) -> None:
    first = bos.ask("posts/remove", post=7, headers=NAMED)
    again = bos.ask("posts/remove", post=7, headers=NAMED)
    assert (first.status, again.status, again.response) == (404, 404, first.response)
    assert again.headers[REPLAYED] == "true"


def test_another_request_of_the_same_key_is_refused(bos: Program, say: Say, cast: Cast) -> None:
    one, two = say("one"), say("two")
    bos.ask("posts/remove", post=one.pk, headers=NAMED)
    before = decisions(cast)
    for name, asked in (("posts/remove", {"post": two.pk}), ("posts/spam", {"post": one.pk})):
        told = bos.ask(name, headers=NAMED, **asked)
        assert (told.status, told.code) == (409, 2)
    assert decisions(cast) == before
    assert bos.ask("posts/remove", post=two.pk, headers={"Idempotency-Key": "another"}).code == 0


def test_a_request_that_is_being_worked_on_is_not_begun_again(
    bos: Program, say: Say, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment, told = say("Rye."), []
    work = endpoints._worked

    def slow(*asked: Any) -> Any:
        told.append(bos.ask("posts/remove", post=comment.pk, headers=NAMED))
        return work(*asked)

    monkeypatch.setattr(endpoints, "_worked", slow)
    first = bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    assert (first.status, len(told)) == (200, 1)
    assert (told[0].status, told[0].code, told[0].headers["Retry-After"]) == (409, 2, "2")
    assert decisions(cast) == 1


def test_what_was_not_begun_is_not_kept(bos: Program, say: Say, settings: Any) -> None:
    comment = say("Rye.")
    assert bos.ask("posts/vote", post=comment.pk, vote=5, headers=NAMED).status == 400
    settings.DESCANT_VOTES_PER_MINUTE = 1
    bos.ask("posts/vote", post=say("Wheat.").pk, vote=1)
    assert bos.ask("posts/vote", post=comment.pk, vote=1, headers=NAMED).status == 429
    assert not KeptAnswer.objects.exists()
    settings.DESCANT_VOTES_PER_MINUTE = 0
    assert bos.ask("posts/vote", post=comment.pk, vote=1, headers=NAMED).status == 200
    assert (
        bos.ask("posts/vote", post=comment.pk, vote=1, headers={"Idempotency-Key": "k" * 256}).status == 400
    )


def test_after_a_fault_of_ours_the_same_key_may_be_tried_again(
    bos: Program, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = say("Rye.")
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(endpoints, "_worked", lambda *asked: 1 // 0)
        bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    assert bos.ask("posts/remove", post=comment.pk, headers=NAMED).response[0]["changed"]


def test_a_key_is_its_holders_alone(cast: Cast, bos: Program, program_of: ProgramOf, say: Say) -> None:
    comment = say("Rye.")
    anns = program_of(cast.ann, cast.gazette)
    bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    theirs = anns.ask("posts/remove", post=comment.pk, headers=NAMED)
    assert REPLAYED not in theirs.headers
    assert not theirs.response[0]["changed"]


def test_a_program_with_new_secrets_is_still_the_same(cast: Cast, bos: Program, say: Say) -> None:
    comment = say("Rye.")
    bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    issued = rotate_key(forum=cast.gazette, key_id=Key.objects.get(public_key=bos.public).pk)
    assert issued is not None
    renewed = Program(issued.secret_key, issued.access_token, issued.public_key)
    assert renewed.ask("posts/remove", post=comment.pk, headers=NAMED).headers[REPLAYED] == "true"


def test_neither_the_name_nor_what_was_asked_can_be_read_from_what_is_kept(bos: Program) -> None:
    bos.ask("blacklists/add", email="eve@mail.example", headers={"Idempotency-Key": "eve@mail.example"})
    row = KeptAnswer.objects.get()
    assert "eve@mail.example" not in f"{row.name} {row.request} {row.body}"


def test_it_is_kept_for_a_day(bos: Program, say: Say) -> None:
    comment = say("Rye.")
    bos.ask("posts/remove", post=comment.pk, headers=NAMED)
    now = timezone.now()
    forget_answers(now + timedelta(hours=23, minutes=59))
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(began_at=now - timedelta(hours=24, minutes=1))
    asked_anew = bos.ask("posts/remove", post=comment.pk, headers=NAMED)  # also if no worker came by
    assert (asked_anew.status, asked_anew.response[0]["changed"]) == (200, False)
    forget_answers(now + timedelta(hours=24, minutes=1))
    assert not KeptAnswer.objects.exists()


def test_who_has_died_at_it_holds_nobody_for_long_and_undoes_nothing_later() -> None:
    died = begin(name="n", request="r")
    with pytest.raises(StillBusy):
        begin(name="n", request="r")
    KeptAnswer.objects.update(began_at=timezone.now() - repeating.BUSY - timedelta(seconds=1))
    died.began_at = KeptAnswer.objects.get().began_at
    heir = begin(name="n", request="r")
    finish(died, status=200, body="late")
    give_up(died)
    assert heir.status == KeptAnswer.objects.get().status == 0
    finish(heir, status=200, body="in time")
    found = begin(name="n", request="r")
    assert (found.status, found.body) == (200, "in time")


def test_a_comment_keeps_its_key_with_itself(bos: Program, say: Say) -> None:
    say("Wheat.")
    said = {"api_key": bos.public, "thread:ident": "bread", "url": "https://gazette.example/bread"}
    said |= {"author_name": "Gus", "message": "Rye."}
    told = [
        Client().post("/api/3.0/posts/create.json", urlencode(said), content_type=FORM, headers=NAMED)
        for _ in range(2)
    ]
    assert len({json.loads(answer.content)["response"]["id"] for answer in told}) == 1
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [each for each in ENDPOINTS.values() if each.method == "POST"],
    ids=lambda endpoint: endpoint.name,
)
def test_every_post_takes_a_key_and_says_so(endpoint: Endpoint) -> None:
    declared = document()["paths"][f"/{endpoint.path}"]["post"]["parameters"]
    assert [each["name"] for each in declared] == ["Idempotency-Key"]
    assert endpoint.who > 0 or endpoint.name in OWN_RECEIPTS  # of guests there is nobody to keep answers for
