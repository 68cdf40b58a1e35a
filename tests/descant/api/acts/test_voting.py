"""Votes on whole threads: one for each account, told to programs alone."""

from collections.abc import Callable

import pytest

from descant.discussion.deciding import merge_threads, remove_thread
from descant.discussion.deciding.banning import account, ban_person
from descant.discussion.models import Comment, Thread, ThreadVote
from descant.discussion.voting import VoteRefused, cast_thread_vote
from tests.descant.api.conftest import Program
from tests.descant.conftest import Cast

BREAD = {"thread_ident": "bread"}
Say = Callable[..., Comment]


def test_a_vote_on_a_thread_counts_once_and_is_taken_back(anns: Program, bos: Program, bread: Thread) -> None:
    told = anns.ask("threads/vote", **BREAD, vote="1").response
    assert (told["vote"], told["likesDelta"], told["dislikesDelta"], told["delta"]) == (1, 1, 0, 1)
    assert (told["thread"]["likes"], told["thread"]["userScore"]) == (1, 1)
    again = anns.ask("threads/vote", **BREAD, vote="1").response
    assert (again["delta"], again["thread"]["likes"]) == (0, 1)
    turned = anns.ask("threads/vote", thread=bread.pk, vote="-1").response
    assert (turned["likesDelta"], turned["dislikesDelta"], turned["delta"]) == (-1, 1, -2)
    bos.ask("threads/vote", **BREAD, vote="-1")
    back = anns.ask("threads/vote", **BREAD, vote="0").response
    assert (back["thread"]["likes"], back["thread"]["dislikes"], back["thread"]["userScore"]) == (0, 1, 0)
    shown = bos.ask("threads/details", by="GET", **BREAD).response
    assert (shown["likes"], shown["dislikes"]) == (0, 1)
    assert ThreadVote.objects.of(bread.forum_id).count() == 1


def test_a_vote_on_a_thread_makes_no_page_anew(anns: Program, bread: Thread) -> None:
    told = anns.ask("threads/vote", **BREAD, vote="1").response
    assert told["thread"]["version"] == bread.version


@pytest.mark.parametrize("vote", ["2", "-2", "x", ""])
def test_a_vote_is_one_of_three_numbers(anns: Program, bread: Thread, vote: str) -> None:
    assert anns.ask("threads/vote", **BREAD, vote=vote).code == 2


def test_no_guest_and_nobody_who_is_banned_votes_on_a_thread(
    anns: Program, cast: Cast, bread: Thread, program_of: Callable[..., Program]
) -> None:
    with pytest.raises(VoteRefused):
        cast_thread_vote(forum=cast.gazette, thread=bread, author=cast.guest, value=1)
    assert cast.cy.user is not None
    whom = account(cast.gazette, cast.cy.user.pk)
    ban_person(forum=cast.gazette, whom=whom, by=cast.ann, reason="Enough")
    with pytest.raises(Exception, match="Enough"):
        cast_thread_vote(forum=cast.gazette, thread=bread, author=cast.cy, value=1)
    assert not ThreadVote.objects.of(cast.gazette).exists()


def test_a_removed_thread_takes_no_votes_and_a_merged_one_leads_to_the_other(
    anns: Program, cast: Cast, bread: Thread
) -> None:
    made = anns.ask("threads/create", title="Ham", identifier="ham").response
    ham = Thread.objects.of(cast.gazette).get(pk=made["id"])
    merge_threads(forum=cast.gazette, source=ham, target=bread, by=cast.ann)
    assert anns.ask("threads/vote", thread=ham.pk, vote="1").response["thread"]["id"] == str(bread.pk)
    bread.refresh_from_db()
    remove_thread(forum=cast.gazette, thread=bread, by=cast.ann)
    assert anns.ask("threads/vote", **BREAD, vote="-1").code == 12
