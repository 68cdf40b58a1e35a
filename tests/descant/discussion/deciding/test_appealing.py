"""Appeals: an author asks once that a moderator looks again, and is answered once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from descant.discussion.deciding import (
    AnsweredAlready,
    CannotAppeal,
    NotAModerator,
    answer_appeal,
    appeal_against,
    decide,
    undo_batch,
)
from descant.discussion.editing import delete_comment
from descant.discussion.models import Appeal, Comment, Decision
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]


def again(row: Comment) -> Comment:
    found: Comment = Comment.objects.of(row.forum_id).select_related("thread").get(pk=row.pk)
    return found


@pytest.fixture
def taken(cast: Cast, say: Say) -> Comment:
    """Cy's comment, which Bo called spam."""
    comment = say("Rye.", by=cast.cy)
    decide(forum=cast.gazette, comments=[comment], verdict="spam", by=cast.bo)
    return again(comment)


def test_a_granted_appeal_shows_the_comment_again_and_can_be_undone(cast: Cast, taken: Comment) -> None:
    appeal = appeal_against(forum=cast.gazette, comment=taken, author=cast.cy, said="It is about bread.")
    batch = answer_appeal(forum=cast.gazette, appeal=appeal, by=cast.ann, answer="So it is.", granted=True)
    assert again(taken).state == "shown"
    held = Appeal.objects.of(cast.gazette).get()
    assert (held.said, held.answer, held.answered_at is not None) == ("It is about bread.", "So it is.", True)
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.bo) == 1
    assert again(taken).state == "spam"


def test_a_refused_appeal_is_written_down_and_changes_nothing(cast: Cast, taken: Comment) -> None:
    appeal = appeal_against(forum=cast.gazette, comment=taken, author=cast.cy, said="Why?")
    answer_appeal(forum=cast.gazette, appeal=appeal, by=cast.ann, answer="An advert.")
    assert again(taken).state == "spam"
    row = Decision.objects.of(cast.gazette).get(verdict="uphold")
    assert (row.by_id, row.reason, row.before, row.after) == (cast.ann.user.pk, "An advert.", "spam", "spam")  # type: ignore[union-attr]


def test_an_appeal_is_made_once_and_answered_once(cast: Cast, taken: Comment) -> None:
    appeal = appeal_against(forum=cast.gazette, comment=taken, author=cast.cy, said="Why?")
    with pytest.raises(CannotAppeal, match="once"):
        appeal_against(forum=cast.gazette, comment=taken, author=cast.cy, said="Why, why?")
    same = Appeal.objects.of(cast.gazette).select_related("comment__thread").get(pk=appeal.pk)
    answer_appeal(forum=cast.gazette, appeal=appeal, by=cast.bo, answer="No.")
    with pytest.raises(AnsweredAlready):
        answer_appeal(forum=cast.gazette, appeal=same, by=cast.ann, answer="Yes.", granted=True)
    assert again(taken).state == "spam"


def test_who_may_not_appeal_and_against_what_nobody_can(cast: Cast, say: Say, taken: Comment) -> None:
    for other in (cast.dee, cast.guest, replace(cast.guest, guest="")):
        with pytest.raises(CannotAppeal, match="yours"):
            appeal_against(forum=cast.gazette, comment=taken, author=other, said="Why?")
    with pytest.raises(CannotAppeal, match="Say"):
        appeal_against(forum=cast.gazette, comment=taken, author=cast.cy, said=" \n")
    deleted = say("Mine.", by=cast.cy)
    delete_comment(forum=cast.gazette, comment=deleted, author=cast.cy)
    for comment in (say("Shown.", by=cast.cy), deleted):
        with pytest.raises(CannotAppeal, match="No moderator"):
            appeal_against(forum=cast.gazette, comment=comment, author=cast.cy, said="Why?")


def test_who_is_banned_in_secret_learns_nothing_by_an_appeal(cast: Cast, say: Say) -> None:
    change_forum(forum=cast.gazette, shadow_bans=True)
    comment = say("Buy.", by=cast.cy)
    Comment.objects.of(cast.gazette).filter(pk=comment.pk).update(state="spam", reasons=["shadow_ban"])
    with pytest.raises(CannotAppeal, match="No moderator"):
        appeal_against(forum=cast.gazette, comment=again(comment), author=cast.cy, said="Why?")


def test_only_moderators_answer_and_they_say_something(cast: Cast, taken: Comment) -> None:
    appeal = appeal_against(forum=cast.gazette, comment=taken, author=cast.cy, said="Why?")
    with pytest.raises(NotAModerator):
        answer_appeal(forum=cast.gazette, appeal=appeal, by=cast.cy, answer="Yes.", granted=True)
    with pytest.raises(CannotAppeal, match="Say"):
        answer_appeal(forum=cast.gazette, appeal=appeal, by=cast.bo, answer="  ")
    assert Appeal.objects.of(cast.gazette).get().answered_at is None
