"""Voting, editing and deciding."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from descant.discussion.deciding import NoSuchVerdict, NotAModerator, decide, set_thread_state
from descant.discussion.editing import NotYours, TooLate, delete_comment, edit_comment, seconds_left
from descant.discussion.models import Comment, Decision, Thread, Vote
from descant.discussion.posting import NoText
from descant.discussion.voting import VoteRefused, cast_vote
from descant.forums.models import Premoderation
from django_headroom.updates import change
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


def test_a_vote_counts_once_and_can_be_turned_and_taken_back(cast: Cast, bread: Thread, say: Say) -> None:
    comment = say("Rye.")
    bread.refresh_from_db()
    before = bread.version
    seen = []
    for value in (1, 1, -1, 0, 0, 1):
        cast_vote(forum=cast.gazette, comment=comment, author=cast.bo, value=value)
        seen.append((comment.ups, comment.downs))
    assert seen == [(1, 0), (1, 0), (0, 1), (0, 0), (0, 0), (1, 0)]
    assert Vote.objects.of(cast.gazette).count() == 1
    bread.refresh_from_db()
    assert bread.version == before


def test_nobody_votes_on_her_own_comment(cast: Cast, say: Say) -> None:
    for author in (cast.cy, cast.guest):
        with pytest.raises(VoteRefused, match="own comment"):
            cast_vote(forum=cast.gazette, comment=say("Rye.", by=author), author=author, value=1)


def test_a_guest_votes_once_from_her_address_under_whatever_name(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    cast_vote(forum=cast.gazette, comment=comment, author=cast.guest, value=1)
    with pytest.raises(VoteRefused, match="sign in"):
        cast_vote(forum=cast.gazette, comment=comment, author=replace(cast.guest, guest="other"), value=1)
    comment.refresh_from_db()
    assert comment.ups == 1


def test_a_hidden_comment_takes_no_votes(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)
    with pytest.raises(VoteRefused):
        cast_vote(forum=cast.gazette, comment=comment, author=cast.ann, value=1)


def test_an_edit_is_marked_and_raises_the_version(cast: Cast, bread: Thread, say: Say) -> None:
    comment = say("Rye.")
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="*Wheat*.")
    comment.refresh_from_db()
    assert comment.html == "<p><em>Wheat</em>.</p>\n"
    assert comment.edited_at is not None
    assert comment.version == 2
    with pytest.raises(NoText):
        edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source=" ")


def test_only_its_author_edits_a_comment_and_only_for_a_while(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    for other in (cast.bo, cast.guest, replace(cast.guest, guest="")):
        with pytest.raises(NotYours):
            edit_comment(forum=cast.gazette, comment=comment, author=other, source="Mine.")
    change(comment, created_at=timezone.now() - timedelta(minutes=16))
    assert seconds_left(comment, cast.cy) == 0
    with pytest.raises(TooLate, match="15 minutes"):
        edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Late.")


def test_a_deleted_comment_leaves_the_count(cast: Cast, bread: Thread, say: Say) -> None:
    comment = say("Rye.", by=cast.guest)
    delete_comment(forum=cast.gazette, comment=comment, author=cast.guest)
    bread.refresh_from_db()
    assert (bread.comments_shown, bread.version) == (0, 2)
    comment.refresh_from_db()
    assert (comment.state, comment.drawn, comment.version) == ("deleted", False, 2)


def test_a_decision_is_written_down_with_who_and_why(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo, reason="off topic")
    row = Decision.objects.of(cast.gazette).get()
    assert (row.by_id, row.before, row.after, row.reason) == (cast.bo.user.pk, "shown", "hidden", "off topic")


def test_of_two_moderators_who_decide_the_same_one_wins(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    same = Comment.objects.of(cast.gazette).select_related("thread").get(pk=comment.pk)
    assert decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo) == 1
    assert decide(forum=cast.gazette, comments=[same], verdict="hide", by=cast.ann) == 0
    assert Decision.objects.of(cast.gazette).count() == 1


def test_many_are_decided_at_once(cast: Cast, bread: Thread, say: Say) -> None:
    comments = [say(str(number)) for number in range(5)]
    assert decide(forum=cast.gazette, comments=comments, verdict="spam", by=cast.bo) == 5
    bread.refresh_from_db()
    assert bread.comments_shown == 0


def test_readers_decide_nothing(cast: Cast, bread: Thread, say: Say) -> None:
    comment = say("Rye.")
    for reader in (cast.cy, cast.dee, cast.guest):
        with pytest.raises(NotAModerator):
            decide(forum=cast.gazette, comments=[comment], verdict="hide", by=reader)
        with pytest.raises(NotAModerator):
            set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=reader)
    with pytest.raises(NoSuchVerdict, match="approve"):
        decide(forum=cast.gazette, comments=[comment], verdict="burn", by=cast.bo)


def test_what_its_author_deleted_nobody_brings_back(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    delete_comment(forum=cast.gazette, comment=comment, author=cast.cy)
    for verdict in ("restore", "approve", "hide", "spam"):
        assert decide(forum=cast.gazette, comments=[comment], verdict=verdict, by=cast.bo) == 0
    comment.refresh_from_db()
    assert comment.state == "deleted"


def test_an_edit_of_what_was_hidden_meanwhile_changes_nothing(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    same = Comment.objects.of(cast.gazette).select_related("thread").get(pk=comment.pk)
    decide(forum=cast.gazette, comments=[same], verdict="hide", by=cast.bo)
    with pytest.raises(NotYours, match="meanwhile"):
        edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Wheat.")
    comment.refresh_from_db()
    assert (comment.text, comment.state) == ("Rye.", "hidden")


def test_an_edit_waits_where_everybody_waits(cast: Cast, bread: Thread, say: Say) -> None:
    comment = say("Rye.")
    cast.gazette.premoderation = Premoderation.EVERYBODY
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Buy sawdust.")
    comment.refresh_from_db()
    bread.refresh_from_db()
    assert (comment.state, bread.comments_shown) == ("waiting", 0)
    decide(forum=cast.gazette, comments=[comment], verdict="approve", by=cast.bo)
    comment.refresh_from_db()
    assert comment.version == 3
