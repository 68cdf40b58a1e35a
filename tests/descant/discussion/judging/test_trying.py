"""A rule tried on what was said before: what it would have done, and that nothing is done."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from descant.discussion.deciding import decide
from descant.discussion.deciding.abilities import NotAModerator
from descant.discussion.judging import trying
from descant.discussion.judging.rules.subjects import BadRule
from descant.discussion.judging.trying import Trial, try_rule
from descant.discussion.models import Comment
from descant.forums.models import Rule
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
MONTH = timedelta(days=30)


@pytest.fixture
def attempt(cast: Cast) -> Callable[..., Trial]:
    """Try a rule that nobody has saved."""

    def attempt(kind: str, **said: object) -> Trial:
        draft = Rule(forum=cast.gazette, title="Draft", kind=kind, said=said, effect="hold")
        return try_rule(cast.gazette, draft, timezone.now() - MONTH, by=cast.bo)

    return attempt


def earlier(comment: Comment, *, days: int) -> Comment:
    Comment.objects.of(comment.forum_id).filter(pk=comment.pk).update(
        created_at=timezone.now() - timedelta(days=days)
    )
    return comment


def test_a_trial_tells_what_the_rule_would_have_done_and_does_nothing(
    cast: Cast, say: Say, attempt: Callable[..., Trial]
) -> None:
    old = earlier(say("Pills of old."), days=3)
    earlier(say("Pills of the last year."), days=40)
    say("Rye.")
    fresh = say("Cheap pills.")
    decide(forum=cast.gazette, comments=[fresh], verdict="hide", by=cast.bo)
    decide(forum=cast.gazette, comments=[fresh], verdict="restore", by=cast.ann)
    trial = attempt("words", words=["pills"])
    assert (trial.total, trial.seen, trial.met, trial.approved, trial.is_whole) == (3, 3, 2, 1, True)
    assert trial.states == {"shown": 2}
    assert [each.comment_id for each in trial.examples] == [old.pk, fresh.pk]
    assert trial.examples[1].reason["span"] == [6, 11]
    assert trial.met_on == {old.created_at.date() - timedelta(days=3): 1, fresh.created_at.date(): 1}
    assert trial.seen_on[fresh.created_at.date()] == 2
    states = Comment.objects.of(cast.gazette).values_list("state", flat=True)
    assert set(states) == {"shown"}


def test_what_people_deleted_and_what_moderators_wrote_is_left_out(
    cast: Cast, say: Say, attempt: Callable[..., Trial]
) -> None:
    gone = say("pills")
    decide(forum=cast.gazette, comments=[gone], verdict="delete", by=cast.bo)
    say("pills", by=cast.bo)
    kept = say("pills", by=cast.guest)
    trial = attempt("words", words=["pills"])
    assert (trial.seen, [each.comment_id for each in trial.examples]) == (1, [kept.pk])


def test_a_trial_is_cut_off_and_gone_on_with(
    cast: Cast, say: Say, attempt: Callable[..., Trial], monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [say(f"pills {number}") for number in range(7)]
    decide(forum=cast.gazette, comments=comments[::2], verdict="hide", by=cast.bo)
    monkeypatch.setattr(trying, "CLOCK_EVERY", 2)
    draft = Rule(forum=cast.gazette, title="Draft", kind="words", said={"words": ["pills"]}, effect="spam")
    trial, parts = None, 0
    while trial is None or not trial.is_whole:
        trial = try_rule(cast.gazette, draft, timezone.now() - MONTH, by=None, so_far=trial, seconds=-1)
        parts += 1
        assert (trial.total, trial.seen) == (7, min(7, 2 * parts))
    assert (trial.met, parts) == (7, 4)
    assert [each.comment_id for each in trial.examples] == [each.pk for each in comments]


def test_a_trial_asks_few_queries_however_many_are_met(
    cast: Cast, say: Say, attempt: Callable[..., Trial]
) -> None:
    for number in range(30):
        say(f"pills {number}")
    with query_budget(10):  # the roles, for each of four states how many and a walk, what was approved
        assert attempt("words", words=["pills"]).met == 30


def test_rules_on_people_and_repeats_are_tried_on_the_order_of_things(
    cast: Cast, say: Say, attempt: Callable[..., Trial]
) -> None:
    text = "Buy the very best bread of the whole town at our little shop, number {}"
    for number in range(4):
        say(text.format(number))
    say(text.format(3), by=cast.dee)
    assert attempt("rate", comments=3, minutes=5).met == 1
    assert attempt("first", comments=2).met == 3
    assert attempt("age", hours=1).met == 5
    assert attempt("double").met == 1
    assert attempt("alike", comments=3).met == 3
    assert attempt("score").met == 0, "nothing was decided yet"


def test_what_cannot_be_tried_says_why(cast: Cast, attempt: Callable[..., Trial], settings: object) -> None:
    settings.CLASSIFIERS = {"ours": {}}  # type: ignore[attr-defined]
    with pytest.raises(BadRule, match="not kept"):
        attempt("address", ranges=["192.0.2.0/24"])
    with pytest.raises(BadRule, match="new comments only"):
        attempt("outside", classifier="ours")


def test_nobody_but_moderators_may_try(cast: Cast) -> None:
    draft = Rule(forum=cast.gazette, title="Draft", kind="first", said={}, effect="hold")
    with pytest.raises(NotAModerator):
        try_rule(cast.gazette, draft, timezone.now() - MONTH, by=cast.cy)
