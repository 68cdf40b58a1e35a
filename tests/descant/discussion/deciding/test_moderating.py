"""Batches undone, threads merged and parted, comments pinned, edited for their authors and flagged."""

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread, make_thread
from descant.discussion.deciding import (
    CannotMerge,
    NoSuchVerdict,
    NotAModerator,
    NothingToUndo,
    decide,
    edit_for_author,
    merge_threads,
    pin_comment,
    set_thread_state,
    undo_batch,
)
from descant.discussion.flagging import FlagRefused, flag_comment
from descant.discussion.models import Comment, Decision, Flag, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.voting import cast_vote
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast

Say = Callable[..., Comment]

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])


def again(row: Comment) -> Comment:
    found: Comment = Comment.objects.of(row.forum_id).select_related("thread").get(pk=row.pk)
    return found


def test_a_batch_is_undone_as_it_was(cast: Cast, bread: Thread, say: Say) -> None:
    comments = [say(str(number)) for number in range(4)]
    decide(forum=cast.gazette, comments=[comments[0]], verdict="hide", by=cast.ann)
    batch = uuid.uuid4()
    decide(forum=cast.gazette, comments=comments, verdict="spam", by=cast.bo, batch=batch)
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.ann) == 4
    assert [again(each).state for each in comments] == ["hidden", "shown", "shown", "shown"]
    bread.refresh_from_db()
    assert bread.comments_shown == 3
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.bo) == 0


def test_what_was_decided_again_since_stays(cast: Cast, say: Say) -> None:
    one, other = say("Rye."), say("Wheat.")
    batch = uuid.uuid4()
    decide(forum=cast.gazette, comments=[one, other], verdict="spam", by=cast.bo, batch=batch)
    decide(forum=cast.gazette, comments=[one], verdict="restore", by=cast.ann)
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.bo) == 1
    assert (again(one).state, again(other).state) == ("shown", "shown")


def test_only_a_batch_of_ones_own_forum_is_undone(cast: Cast, say: Say) -> None:
    batch = uuid.uuid4()
    decide(forum=cast.gazette, comments=[say("Rye.")], verdict="spam", by=cast.bo, batch=batch)
    with pytest.raises(NothingToUndo):
        undo_batch(forum=cast.tribune, batch=batch, by=replace(cast.dee, role="owner"))
    with pytest.raises(NotAModerator):
        undo_batch(forum=cast.gazette, batch=batch, by=cast.cy)


def test_what_a_moderator_deleted_can_be_restored(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    decide(forum=cast.gazette, comments=[comment], verdict="delete", by=cast.bo)
    assert decide(forum=cast.gazette, comments=[again(comment)], verdict="restore", by=cast.bo) == 1
    assert again(comment).state == "shown"


def test_an_edit_for_the_author_is_marked_and_undone(cast: Cast, say: Say) -> None:
    comment = say("Rye, Bo's telephone is 123.")
    assert edit_for_author(forum=cast.gazette, comment=comment, source="Rye.", by=cast.bo, reason="private")
    assert (again(comment).text, again(comment).html) == ("Rye.", "<p>Rye.</p>\n")
    assert again(comment).edited_at is not None
    row = Decision.objects.of(cast.gazette).get()
    assert undo_batch(forum=cast.gazette, batch=row.batch, by=cast.ann) == 1
    assert again(comment).text == "Rye, Bo's telephone is 123."


def test_of_two_who_edit_at_once_one_is_told(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    same = again(comment)
    assert edit_for_author(forum=cast.gazette, comment=comment, source="Wheat.", by=cast.bo)
    assert not edit_for_author(forum=cast.gazette, comment=same, source="Oats.", by=cast.ann)


@pytest.fixture
def cakes(cast: Cast) -> Thread:
    thread = make_thread(cast.gazette, PageAddress("cakes", "https://gazette.example/cakes"))
    post_comment(forum=cast.gazette, thread=thread, author=cast.cy, draft=Draft("Sugar."))
    return thread


def test_merged_threads_are_one_and_are_parted_again(
    cast: Cast, bread: Thread, cakes: Thread, say: Say
) -> None:
    rye = say("Rye.")
    say("Why?", to=rye)
    batch = merge_threads(forum=cast.gazette, source=bread, target=cakes, by=cast.bo)
    found = find_thread(cast.gazette, PageAddress("bread"))
    assert found is not None
    assert (found.pk, found.comments_shown) == (cakes.pk, 3)
    bread.refresh_from_db()
    assert (bread.state, bread.merged_into_id, bread.comments_shown) == ("merged", cakes.pk, 0)
    since = post_comment(
        forum=cast.gazette, thread=cakes, author=cast.cy, draft=Draft("Because.", parent_id=rye.pk)
    )
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.ann) == 1
    bread.refresh_from_db()
    cakes.refresh_from_db()
    assert (bread.state, bread.comments_shown, cakes.comments_shown) == ("open", 3, 1)
    assert again(since).thread_id == bread.pk
    back = find_thread(cast.gazette, PageAddress("bread"))
    assert back is not None
    assert back.pk == bread.pk


def test_who_still_has_the_merged_page_open_writes_in_the_one_it_became(
    cast: Cast, bread: Thread, cakes: Thread
) -> None:
    merge_threads(forum=cast.gazette, source=bread, target=cakes, by=cast.bo)
    said = post_comment(forum=cast.gazette, thread=bread, author=cast.cy, draft=Draft("Rye.", key="k" * 40))
    assert said.thread_id == cakes.pk


def test_what_cannot_be_merged_is_refused(cast: Cast, bread: Thread, cakes: Thread) -> None:
    with pytest.raises(CannotMerge, match="itself"):
        merge_threads(forum=cast.gazette, source=bread, target=bread, by=cast.bo)
    merge_threads(forum=cast.gazette, source=bread, target=cakes, by=cast.bo)
    with pytest.raises(CannotMerge, match="already"):
        merge_threads(forum=cast.gazette, source=bread, target=cakes, by=cast.bo)
    with pytest.raises(NotAModerator):
        merge_threads(forum=cast.gazette, source=cakes, target=bread, by=cast.cy)


def test_a_thread_is_closed_once_and_the_close_is_undone(cast: Cast, bread: Thread) -> None:
    for _press in range(2):
        set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.bo, reason="late")
    row = Decision.objects.of(cast.gazette).get()
    assert (row.verdict, row.before, row.after) == ("close", "open", "closed")
    assert undo_batch(forum=cast.gazette, batch=row.batch, by=cast.ann) == 1
    bread.refresh_from_db()
    assert bread.state == "open"


def test_a_comment_is_pinned_and_unpinned(cast: Cast, bread: Thread, say: Say) -> None:
    one, other = say("Rye."), say("Wheat.")
    pin_comment(forum=cast.gazette, thread=bread, comment=one, by=cast.bo)
    pin_comment(forum=cast.gazette, thread=bread, comment=other, by=cast.bo)
    bread.refresh_from_db()
    assert bread.pinned_id == other.pk
    last = Decision.objects.of(cast.gazette).order_by("-decided_at", "-id").first()
    assert last is not None
    undo_batch(forum=cast.gazette, batch=last.batch, by=cast.bo)
    bread.refresh_from_db()
    assert bread.pinned_id == one.pk
    decide(forum=cast.gazette, comments=[other], verdict="hide", by=cast.bo)
    with pytest.raises(NoSuchVerdict):
        pin_comment(forum=cast.gazette, thread=bread, comment=other, by=cast.bo)


def test_flags_of_enough_people_hold_a_comment(cast: Cast, bread: Thread, say: Say) -> None:
    change_forum(forum=cast.gazette, flags_to_hold=2)
    comment = say("Buy now.")
    guests = [
        replace(cast.guest, guest=f"{number:032x}", address=f"192.0.2.{number}") for number in (1, 2, 3)
    ]
    flag_comment(forum=cast.gazette, comment=again(comment), author=guests[0], reason="spam")
    assert (again(comment).state, again(comment).needs_look) == ("shown", True)
    with pytest.raises(FlagRefused, match="already"):
        flag_comment(forum=cast.gazette, comment=again(comment), author=guests[0], reason="abuse")
    at_her_address = replace(guests[2], address=guests[0].address)
    with pytest.raises(FlagRefused, match="already"):
        flag_comment(forum=cast.gazette, comment=again(comment), author=at_her_address, reason="abuse")
    flag_comment(forum=cast.gazette, comment=again(comment), author=guests[1], reason="spam")
    held = again(comment)
    assert (held.state, held.reasons, held.flags) == ("waiting", ["flags"], 2)
    assert decide(forum=cast.gazette, comments=[held], verdict="approve", by=cast.bo) == 1
    flag_comment(forum=cast.gazette, comment=again(comment), author=guests[2], reason="spam")
    assert (again(comment).state, again(comment).flags) == ("shown", 1), (
        "counted anew after a moderator looked"
    )
    assert Flag.objects.of(cast.gazette).count() == 3


def test_a_flagged_comment_that_is_approved_needs_no_more_look(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    flag_comment(forum=cast.gazette, comment=again(comment), author=cast.guest, reason="other", note="?")
    assert decide(forum=cast.gazette, comments=[again(comment)], verdict="approve", by=cast.bo) == 1
    assert not again(comment).needs_look
    assert decide(forum=cast.gazette, comments=[again(comment)], verdict="approve", by=cast.bo) == 0


def test_flags_that_mean_nothing_are_refused(cast: Cast, say: Say) -> None:
    comment = again(say("Rye."))
    for author, reason in ((cast.cy, "spam"), (replace(cast.guest, guest=""), "spam"), (cast.dee, "boring")):
        with pytest.raises(FlagRefused):
            flag_comment(forum=cast.gazette, comment=comment, author=author, reason=reason)
    cast_vote(forum=cast.gazette, comment=comment, author=cast.dee, value=1)
    assert comment.ups == 1
