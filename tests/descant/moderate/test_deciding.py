"""Decisions at the desk: one, many, a flood, all that match; undone whole; two at once; and ids of others' forums."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Decision
from descant.forums.models import Ban
from descant.moderate.acts import many
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import HOME, Desk, item
from tests.descant.moderate.test_queue import again, mark

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Held = Callable[..., Comment]


def states(comments: list[Comment]) -> list[str]:
    return [again(comment).state for comment in comments]


def test_without_a_script_a_decision_leads_back_with_an_undo(bo: Desk, held: Held) -> None:
    comment = held("Rye.")
    answer = bo.do("decide", item=item(comment), verdict="approve", why="fine", back="/moderate/?tab=spam")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/moderate/?tab=spam")
    assert states([comment]) == ["shown"]
    html = bo.get("/moderate/?tab=spam").content.decode()
    row = Decision.objects.of(comment.forum_id).get()
    assert "1 comment approved." in html
    assert f'value="{row.batch}"' in html
    assert row.reason == "fine"
    bo.do("undo", batch=row.batch)
    assert states([comment]) == ["waiting"]


def test_a_script_is_told_the_batch_and_true_numbers(bo: Desk, held: Held) -> None:
    comments = [held(str(number)) for number in range(3)]
    status, told = bo.ask("decide", item=[item(each) for each in comments[:2]], verdict="spam")
    assert (status, told["changed"], told["left"]) == (200, 2, "")
    assert (told["numbers"]["waiting"], told["numbers"]["spam"]) == ("1", "2")
    assert bo.ask("undo", batch=told["batch"])[1]["changed"] == 2
    assert states(comments) == ["waiting"] * 3


def test_of_two_who_decide_at_once_one_is_told_who_was_faster(
    sit: Callable[[str], Desk], bo: Desk, held: Held
) -> None:
    comment = held("Rye.")
    seen = item(comment)
    assert bo.ask("decide", item=seen, verdict="spam")[1]["changed"] == 1
    status, told = sit("ann").ask("decide", item=seen, verdict="approve")
    assert (status, told["changed"], told["batch"]) == (200, 0, "")
    assert told["message"] == "Bo has decided about this meanwhile. It is now: Spam."
    assert states([comment]) == ["spam"]


def test_a_flagged_comment_that_another_left_is_not_taken_away(
    sit: Callable[[str], Desk], bo: Desk, say: Any, cast: Cast
) -> None:
    comment = say("Rye.")
    mark([comment], needs_look=True)
    seen = item(comment, seen="flagged")
    assert bo.ask("decide", item=seen, verdict="approve")[1]["changed"] == 1
    assert "Bo" in sit("ann").ask("decide", item=seen, verdict="delete")[1]["message"]
    assert states([comment]) == ["shown"]


def test_a_flood_is_decided_together_and_in_steps_and_undone_whole(
    bo: Desk, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "STEP", 2)
    flood = [held(f"Buy {number}.") for number in range(5)]
    mark(flood, flood=flood[0].pk)
    mark(flood[4:], state="hidden")
    asked: dict[str, Any] = {"item": f"{item(flood[0])}:alike", "verdict": "spam"}
    told = bo.ask("decide", **asked)[1]
    assert (told["changed"], told["left"]) == (2, "2")
    told = bo.ask("decide", **asked, **told["more"])[1]
    assert (told["changed"], told["left"]) == (2, "")
    assert states(flood) == ["spam"] * 4 + ["hidden"]
    assert bo.ask("undo", batch=told["batch"])[1]["changed"] == 4
    assert states(flood) == ["waiting"] * 4 + ["hidden"]


def test_all_that_match_are_decided_but_none_that_came_later(
    bo: Desk, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "STEP", 2)
    comments, other = [held(str(number)) for number in range(5)], held("Other.")
    mark([other], reasons=["flags"])
    until = timezone.now().isoformat()
    later = held("Later.")
    asked: dict[str, Any] = {
        "all": "1",
        "until": until,
        "verdict": "approve",
        "reason": "premoderation_everybody",
    }
    told, steps = bo.ask("decide", **asked)[1], 1
    batch = told["batch"]
    while told["left"]:
        told, steps = bo.ask("decide", **asked, **told["more"])[1], steps + 1
        assert told["batch"] == batch
    assert steps == 3
    assert states([*comments, other, later]) == ["shown"] * 5 + ["waiting"] * 2
    assert bo.ask("undo", batch=batch)[1]["changed"] == 5


def test_without_a_script_a_long_decision_goes_on_by_a_button(
    bo: Desk, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "STEP", 2)
    comments = [held(str(number)) for number in range(3)]
    answer = bo.do("decide", all="1", until=timezone.now().isoformat(), verdict="spam")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "Go on with the rest" in html
    batch = Decision.objects.of(comments[0].forum_id).values_list("batch", flat=True).first()
    assert f'name="batch" value="{batch}"' in html


def test_all_that_match_reaches_over_partitions_and_is_undone_over_them(
    bo: Desk, held: Held, elsewhere: Comment, both: None
) -> None:
    one = held("Rye.")
    told = bo.ask("decide", all="1", until=timezone.now().isoformat(), verdict="spam")[1]
    assert (told["changed"], states([one, elsewhere])) == (2, ["spam", "spam"])
    undone = 0
    answer = bo.ask("undo", batch=told["batch"])[1]
    undone += answer["changed"]
    while answer["left"]:
        answer = bo.ask("undo", batch=told["batch"], **answer["more"])[1]
        undone += answer["changed"]
    assert (undone, states([one, elsewhere])) == (2, ["waiting", "waiting"])


def test_ids_of_another_forum_are_answered_as_absent_ones_and_nothing_changes(
    bo: Desk, held: Held, elsewhere: Comment
) -> None:
    mine = held("Mine.")
    absent = "gazette:999999999:waiting"
    foreign = [
        item(elsewhere, "tribune"),
        item(elsewhere, "gazette"),
        f"gazette:{elsewhere.pk}:waiting:alike",
        "nowhere:1:waiting",
        "gazette:x:waiting",
    ]
    for written in [absent, *foreign]:
        assert bo.ask("decide", item=[item(mine), written], verdict="spam")[0] == 404, written
    answers = {
        bo.post(f"/moderate/do/{act}", {"item": each, "text": "x", "was": "", "kind": "guest"}).content
        for each in [absent, *foreign]
        for act in ("edit", "pin", "ban")
    }
    answers |= {bo.get("/moderate/near/", {"item": each}).content for each in [absent, *foreign]}
    assert len(answers) == 1
    assert states([mine, elsewhere]) == ["waiting", "waiting"]
    assert not Decision.objects.of(mine.forum_id).exists()


def test_foreign_threads_batches_and_bans_are_absent_too(
    bo: Desk, elsewhere: Comment, cast: Cast, held: Held
) -> None:
    batch = uuid.uuid4()
    dee = replace(cast.dee, role="owner")
    decide(forum=cast.tribune, comments=[again(elsewhere)], verdict="spam", by=dee, batch=batch)
    banned = Ban.objects.create(forum=cast.tribune, kind="guest", value="x", shown="x", reason="x")
    asked = [
        ("undo", {"batch": str(batch)}),
        ("thread", {"forum": "tribune", "thread": str(elsewhere.thread_id), "state": "closed"}),
        ("thread", {"forum": "gazette", "thread": str(elsewhere.thread_id), "state": "closed"}),
        ("merge", {"forum": "gazette", "source": str(elsewhere.thread_id), "target": "1"}),
        ("lift", {"forum": "gazette", "ban": str(banned.pk)}),
        ("lift", {"forum": "tribune", "ban": str(banned.pk)}),
        ("ban", {"forum": "tribune", "range": "192.0.2.0/24", "reason": "x"}),
        ("answer", {"forum": "tribune", "appeal": "1", "answer": "x"}),
        ("decide", {"all": "1", "forum": "tribune", "until": timezone.now().isoformat(), "verdict": "spam"}),
    ]
    for act, fields in asked:
        assert bo.ask(act, **fields)[0] == 404, act
    assert states([elsewhere]) == ["spam"]
    assert not Ban.objects.filter(forum=cast.tribune).exclude(pk=banned.pk).exists()
    for path in ("", "log/", "bans/", "appeals/", "merge/"):
        assert bo.get(f"/moderate/{path}?forum=tribune").status_code == 404, path


def test_a_post_must_come_from_our_own_page_with_its_token(cast: Cast, held: Held, bo: Desk) -> None:
    comment = held("Rye.")
    asked = {"item": item(comment), "verdict": "approve"}
    for origin in (
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
    ):
        assert bo.post("/moderate/do/decide", asked, **origin).status_code == 403
    strict = Client(enforce_csrf_checks=True, **HOME)
    strict.force_login(cast.bo.user, "allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    assert strict.post("/moderate/do/decide", asked).status_code == 403
    assert bo.get("/moderate/do/decide", asked).status_code == 405
    assert states([comment]) == ["waiting"]


def test_a_comment_is_edited_for_its_author_and_of_two_one_is_told(bo: Desk, held: Held) -> None:
    comment = held("Call 123.")
    asked = {"item": item(comment), "text": "Call.", "was": "", "reason": "private"}
    assert bo.ask("edit", **asked)[1]["changed"] == 1
    assert again(comment).text == "Call."
    told = bo.ask("edit", **{**asked, "text": "Mine."})[1]
    assert (told["changed"], again(comment).text) == (0, "Call.")
    batch = Decision.objects.of(comment.forum_id).get().batch
    bo.ask("undo", batch=str(batch))
    assert again(comment).text == "Call 123."


def test_a_comment_is_pinned_its_thread_closed_and_opened(bo: Desk, say: Any, bread: Any) -> None:
    comment = say("Rye.")
    bo.ask("pin", item=item(comment))
    bread.refresh_from_db()
    assert bread.pinned_id == comment.pk
    bo.ask("pin", item=item(comment))
    for state in ("closed", "open"):
        bo.ask("thread", forum="gazette", thread=bread.pk, state=state)
        bread.refresh_from_db()
        assert (bread.state, bread.pinned_id) == (state, None)


@pytest.mark.parametrize("fields", [{}, {"verdict": "burn"}, {"verdict": "spam", "all": "1", "until": "x"}])
def test_what_means_nothing_is_refused(bo: Desk, held: Held, fields: dict[str, str]) -> None:
    comment = held("Rye.")
    named = {} if not fields or "all" in fields else {"item": item(comment)}
    assert bo.ask("decide", **fields, **named)[0] == 400
    assert states([comment]) == ["waiting"]


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "/moderate/\\\\evil", "javascript:x", "/x"]
)
def test_the_way_back_stays_on_our_pages(bo: Desk, held: Held, back: str) -> None:
    answer = bo.do("decide", item=item(held("Rye.")), verdict="spam", back=back)
    assert answer.headers["Location"].startswith("/moderate/")
    assert "//" not in answer.headers["Location"]
