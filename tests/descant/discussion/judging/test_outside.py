"""Judges outside: never asked while somebody waits, and what they say is decided afterwards."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from descant.discussion.deciding import decide, undo_batch
from descant.discussion.deciding.ruling import switch_rule
from descant.discussion.editing import edit_comment
from descant.discussion.judging.outside import classifiers
from descant.discussion.judging.outside.classifiers import NotJudged
from descant.discussion.judging.outside.judging import judge_outside
from descant.discussion.models import Comment, Decision
from descant.forums.models import Rule
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast
from tests.descant.discussion.judging.outsiders import Outsider, outsider

Say = Callable[..., Comment]
Write = Callable[..., Rule]


@pytest.fixture
def out(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outsider]:
    """A server of our own network that stands for Akismet and for a classifier of one's own."""
    classifiers.forget()
    monkeypatch.setattr(classifiers, "SECONDS", 0.5)
    with outsider() as server:
        settings.DESCANT_EGRESS_ALLOWED = [server.place]
        settings.CLASSIFIERS = {
            "akismet": {"kind": "akismet", "key": "k", "url": server.url("/akismet")},
            "ours": {"kind": "http", "url": server.url("/ours"), "secret": "s"},
            "slow": {"kind": "http", "url": server.url("/drip")},
            "broken": {"kind": "http", "url": server.url("/broken")},
        }
        yield server
    classifiers.forget()


def hear_all() -> None:
    while drain("p1"):
        continue


def again(comment: Comment) -> Comment:
    found: Comment = Comment.objects.of(comment.forum_id).select_related("thread").get(pk=comment.pk)
    return found


def test_a_comment_passes_until_it_is_judged_and_is_taken_back_then(
    cast: Cast, say: Say, rule: Write, out: Outsider
) -> None:
    out.answers["/akismet"] = b"true"
    made = rule("outside", classifier="akismet", effect="spam")
    comment = say("Buy pills.", by=replace(cast.cy, address="192.0.2.3"))
    assert (comment.state, comment.reasons) == ("shown", ["unjudged"])
    assert not out.heard
    hear_all()
    comment = again(comment)
    assert comment.state == "spam"
    assert [(each["rule"], each["classifier"]) for each in comment.reasons] == [(made.pk, "akismet")]
    decision = Decision.objects.of(cast.gazette).get()
    assert (decision.by_id, decision.verdict, decision.before, decision.reason) == (
        None,
        "spam",
        "shown",
        "judged by akismet",
    )
    comment.thread.refresh_from_db()
    assert comment.thread.comments_shown == 0
    asked = parse_qs(out.heard[0][2].decode())
    assert asked["blog"] == ["https://gazette.example/"]
    assert (asked["user_ip"], asked["comment_content"]) == (["192.0.2.3"], ["Buy pills."])
    assert b"mail.example" not in out.heard[0][2]
    assert not Event.objects.using("p1").filter(signal="comment_unjudged").exists(), "the address is gone"


def test_where_the_forum_says_so_it_waits_and_is_let_go_when_it_is_good(
    cast: Cast, say: Say, rule: Write, out: Outsider
) -> None:
    cast.gazette.when_unjudged = "hold"
    out.answers["/ours"] = b'{"spam": false}'
    rule("outside", classifier="ours")
    comment = say("Rye.")
    assert (comment.state, comment.reasons) == ("waiting", ["unjudged"])
    hear_all()
    comment = again(comment)
    assert (comment.state, comment.reasons, comment.thread.comments_shown) == ("shown", [], 1)
    told = json.loads(out.heard[0][2])
    assert (told["text"], out.heard[0][1]["Authorization"]) == ("Rye.", "Bearer s")
    assert "192.0.2" not in json.dumps(told)


def test_what_waits_for_another_reason_goes_on_waiting(
    cast: Cast, say: Say, rule: Write, out: Outsider
) -> None:
    out.answers["/ours"] = b'{"spam": false}'
    rule("words", words=["rye"])
    rule("outside", classifier="ours", effect="spam")
    comment = say("Rye.")
    hear_all()
    comment = again(comment)
    assert (comment.state, [each["kind"] for each in comment.reasons]) == ("waiting", ["words"])


def test_nobody_outside_is_asked_of_what_is_spam_already(say: Say, rule: Write, out: Outsider) -> None:
    rule("words", words=["rye"], effect="spam")
    rule("outside", classifier="ours", effect="spam")
    say("Rye.")
    hear_all()
    assert not out.heard


@pytest.mark.parametrize("classifier", ["slow", "broken"])
def test_one_that_does_not_answer_is_asked_later_and_left_alone_meanwhile(
    cast: Cast, say: Say, rule: Write, out: Outsider, classifier: str
) -> None:
    rule("outside", classifier=classifier, effect="spam")
    comments = [say(f"Rye {number}.") for number in range(5)]
    hear_all()
    assert len(out.heard) == 1
    assert {again(each).state for each in comments} == {"shown"}
    left = Event.objects.using("p1").filter(signal="comment_unjudged")
    assert (left.count(), left.filter(dead_at=None).count()) == (5, 5)
    assert not Event.objects.using("p1").filter(signal="comment_posted").exists(), "the others were heard"


@pytest.mark.parametrize("body", [b"perhaps", b"[]", b'{"spam": "yes"}', b"\xff"])
def test_an_answer_that_says_nothing_decides_nothing(
    cast: Cast, say: Say, rule: Write, out: Outsider, body: bytes
) -> None:
    out.answers["/ours"] = body
    rule("outside", classifier="ours")
    comment = say("Rye.")
    with pytest.raises(NotJudged):
        judge_outside(forum=cast.gazette, comment_id=comment.pk, address="")
    assert again(comment).reasons == ["unjudged"]


def test_a_moderator_has_the_last_word_also_if_she_was_faster(
    cast: Cast, say: Say, rule: Write, out: Outsider
) -> None:
    cast.gazette.when_unjudged = "hold"
    out.answers["/ours"] = b'{"spam": true, "why": "pills"}'
    rule("outside", classifier="ours", effect="spam")
    early, late = say("Rye."), say("Wheat.")
    decide(forum=cast.gazette, comments=[early], verdict="approve", by=cast.bo)
    hear_all()
    assert (again(early).state, again(late).state) == ("shown", "spam")
    assert again(late).reasons[0]["found"] == "pills"
    batch = Decision.objects.of(cast.gazette).get(comment=late.pk).batch
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.bo) == 1
    assert again(late).state == "waiting"


def test_an_edited_comment_is_judged_anew(cast: Cast, say: Say, rule: Write, out: Outsider) -> None:
    out.answers["/ours"] = b'{"spam": false}'
    rule("outside", classifier="ours", effect="spam")
    comment = say("Rye.")
    hear_all()
    out.answers["/ours"] = b'{"spam": true}'
    comment = again(comment)
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Buy pills.")
    hear_all()
    assert again(comment).state == "spam"
    assert json.loads(out.heard[-1][2])["text"] == "Buy pills."


def test_a_rule_that_was_switched_off_lets_go_what_it_held(
    cast: Cast, say: Say, rule: Write, out: Outsider
) -> None:
    cast.gazette.when_unjudged = "hold"
    made = rule("outside", classifier="ours")
    comment = say("Rye.")
    switch_rule(forum=cast.gazette, rule=made, is_on=False, by=cast.bo)
    hear_all()
    assert not out.heard
    assert (again(comment).state, again(comment).reasons) == ("shown", [])
