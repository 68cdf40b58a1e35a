"""Threads that become one while others decide about their comments, one after the other, and part again."""

import uuid
from collections.abc import Callable

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import ends_of, make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import (
    CannotMerge,
    decide,
    edit_for_author,
    merge_threads,
    pin_comment,
    remove_thread,
    restore_thread,
    undo_batch,
)
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.posting import Draft, KeyReused, post_comment
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
Act = Callable[[Cast, Comment], object]


@pytest.fixture
def cakes(cast: Cast) -> Thread:
    return thread_about(cast, "cakes")


@pytest.fixture
def rye(say: Say) -> Comment:
    return held(say("Rye."))


@pytest.fixture
def pies(cast: Cast) -> Thread:
    return thread_about(cast, "pies")


def thread_about(cast: Cast, name: str) -> Thread:
    made = make_thread(cast.gazette, PageAddress(name, f"https://gazette.example/{name}"))
    post_comment(forum=cast.gazette, thread=made, author=cast.cy, draft=Draft("Sugar."))
    return now(made)


def now(thread: Thread) -> Thread:
    return Thread.objects.of(thread.forum_id).get(pk=thread.pk)


def held(comment: Comment) -> Comment:
    """A comment as somebody has it before her who is about to decide."""
    return Comment.objects.of(comment.forum_id).select_related("thread").get(pk=comment.pk)


def merge(cast: Cast, source: Thread, target: Thread) -> uuid.UUID:
    return merge_threads(forum=cast.gazette, source=now(source), target=now(target), by=cast.bo)


def hide(cast: Cast, comment: Comment) -> object:
    return decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)


def edit(cast: Cast, comment: Comment) -> object:
    return edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Oats.")


def edit_hers(cast: Cast, comment: Comment) -> object:
    return edit_for_author(forum=cast.gazette, comment=comment, source="Oats.", by=cast.bo)


def delete(cast: Cast, comment: Comment) -> object:
    return delete_comment(forum=cast.gazette, comment=comment, author=cast.cy)


def flag_until_held(cast: Cast, comment: Comment) -> object:
    change_forum(forum=cast.gazette, flags_to_hold=1)
    return flag_comment(forum=cast.gazette, comment=comment, author=cast.guest, reason="spam")


@pytest.mark.parametrize(
    ("act", "left"), [(hide, 1), (edit, 2), (edit_hers, 2), (delete, 1), (flag_until_held, 1)]
)
def test_an_act_finds_a_comment_whose_thread_was_merged_meanwhile(
    cast: Cast, cakes: Thread, rye: Comment, act: Act, left: int
) -> None:
    bread = rye.thread
    merge(cast, bread, cakes)
    before = now(cakes)
    assert act(cast, rye)
    after = now(cakes)
    assert (after.comments_shown, after.version) == (left, before.version + 1)
    assert (now(bread).comments_shown, held(rye).thread_id, held(rye).version) == (0, cakes.pk, after.version)


def test_what_waited_is_approved_into_the_thread_it_is_in_by_now(
    cast: Cast, bread: Thread, cakes: Thread, say: Say
) -> None:
    change_forum(forum=cast.gazette, premoderation="everybody")
    rye = held(say("Rye."))
    merge(cast, bread, cakes)
    assert decide(forum=cast.gazette, comments=[rye], verdict="approve", by=cast.bo) == 1
    assert (now(bread).comments_shown, now(cakes).comments_shown) == (0, 2)


def test_a_decision_is_undone_in_the_thread_the_comment_is_in_by_now(
    cast: Cast, bread: Thread, cakes: Thread, say: Say
) -> None:
    rye = say("Rye.")
    hide(cast, rye)
    batch = Decision.objects.of(cast.gazette).get().batch
    merge(cast, bread, cakes)
    assert undo_batch(forum=cast.gazette, batch=batch, by=cast.bo) == 1
    assert (now(bread).comments_shown, now(cakes).comments_shown) == (0, 2)


def test_a_decision_about_what_has_parted_meanwhile_changes_nothing(
    cast: Cast, bread: Thread, cakes: Thread, say: Say
) -> None:
    say("Rye.")
    batch = merge_threads(forum=cast.gazette, source=now(bread), target=cakes, by=cast.bo)
    rye = held(Comment.objects.of(cast.gazette).get(text="Rye."))
    undo_batch(forum=cast.gazette, batch=batch, by=cast.bo)
    assert hide(cast, rye) == 0
    assert (now(bread).comments_shown, now(cakes).comments_shown) == (1, 1)


def test_of_merges_one_after_the_other_the_last_is_undone_first(
    cast: Cast, bread: Thread, cakes: Thread, pies: Thread, say: Say
) -> None:
    rye = say("Rye.")
    first, second = merge(cast, bread, cakes), merge(cast, cakes, pies)
    assert undo_batch(forum=cast.gazette, batch=first, by=cast.bo) == 0
    assert (now(bread).state, held(rye).thread_id, now(pies).comments_shown) == ("merged", pies.pk, 3)
    assert undo_batch(forum=cast.gazette, batch=second, by=cast.bo) == 1
    assert (now(pies).comments_shown, now(cakes).comments_shown) == (1, 2)
    assert undo_batch(forum=cast.gazette, batch=first, by=cast.bo) == 1
    assert (now(bread).state, held(rye).thread_id, now(cakes).comments_shown) == ("open", bread.pk, 1)


def test_an_undone_merge_stays_undone_when_the_thread_is_merged_elsewhere(
    cast: Cast, bread: Thread, cakes: Thread, pies: Thread, say: Say
) -> None:
    rye = say("Rye.")
    first = merge(cast, bread, cakes)
    undo_batch(forum=cast.gazette, batch=first, by=cast.bo)
    merge(cast, bread, pies)
    assert undo_batch(forum=cast.gazette, batch=first, by=cast.bo) == 0
    assert held(rye).thread_id == pies.pk


def test_a_thread_leads_to_the_end_of_the_way_that_it_went(
    cast: Cast, bread: Thread, cakes: Thread, pies: Thread
) -> None:
    merge(cast, bread, cakes)
    merge(cast, cakes, pies)
    ends = ends_of(cast.gazette, [now(bread), now(cakes), now(pies)], using="p1")
    assert {end.pk for end in ends.values()} == {pies.pk}


def test_a_pinned_comment_is_pinned_again_when_its_thread_parts(
    cast: Cast, bread: Thread, cakes: Thread, say: Say
) -> None:
    rye = say("Rye.")
    pin_comment(forum=cast.gazette, thread=now(bread), comment=held(rye), by=cast.bo)
    undo_batch(forum=cast.gazette, batch=merge(cast, bread, cakes), by=cast.bo)
    assert now(bread).pinned_id == rye.pk


def test_flags_come_back_with_a_decision_that_is_undone(cast: Cast, say: Say) -> None:
    rye, others = say("Rye."), (cast.guest, Author(guest="f" * 16, address="192.0.2.9"))
    for reader in others:
        flag_comment(forum=cast.gazette, comment=held(rye), author=reader, reason="spam")
    hide(cast, held(rye))
    undo_batch(forum=cast.gazette, batch=Decision.objects.of(cast.gazette).get().batch, by=cast.bo)
    assert (held(rye).needs_look, held(rye).flags) == (True, 2)


def test_nothing_is_merged_with_a_thread_that_was_removed(cast: Cast, rye: Comment, cakes: Thread) -> None:
    remove_thread(forum=cast.gazette, thread=now(cakes), by=cast.bo)
    for source, target in ((rye.thread, cakes), (cakes, rye.thread)):
        with pytest.raises(CannotMerge, match="put it back first"):
            merge(cast, source, target)
    assert now(rye.thread).comments_shown == 1
    restore_thread(forum=cast.gazette, thread=now(cakes), by=cast.bo)
    merge(cast, rye.thread, cakes)
    assert now(cakes).comments_shown == 2


def test_a_post_that_is_sent_again_after_its_thread_was_merged_is_the_same(
    cast: Cast, bread: Thread, cakes: Thread, pies: Thread
) -> None:
    draft = Draft("Rye.", key="k" * 40)
    once = post_comment(forum=cast.gazette, thread=bread, author=cast.cy, draft=draft)
    merge(cast, bread, cakes)
    merge(cast, cakes, pies)
    again = post_comment(forum=cast.gazette, thread=now(pies), author=cast.cy, draft=draft)
    assert (again.pk, again.thread_id) == (once.pk, pies.pk)
    with pytest.raises(KeyReused):
        other = Draft("Oats.", key="k" * 40)
        post_comment(forum=cast.gazette, thread=now(pies), author=cast.cy, draft=other)
