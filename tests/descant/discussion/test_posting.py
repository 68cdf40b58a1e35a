"""Posting a comment."""

from collections.abc import Callable

import pytest
from django.db import connections

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide, set_thread_state
from descant.discussion.judging.naming import BadName
from descant.discussion.judging.pacing import TooFast
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.posting import Draft, KeyReused, NoParent, NoText, ThreadClosed, TooLong, post_comment
from descant.forums.models import Premoderation
from django_headroom.delayed.models import Event
from django_headroom.ids.stepping import forget_blocks
from django_headroom.testing import queries_counted, query_budget
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
ON_POSTGRESQL = connections["p1"].vendor == "postgresql"


def test_a_comment_raises_its_threads_total_and_version_together(cast: Cast, bread: Thread, say: Say) -> None:
    first, second = say("Rye."), say("Wheat.")
    bread.refresh_from_db()
    assert (bread.comments_shown, bread.version) == (2, 2)
    assert (first.version, second.version) == (1, 2)


def test_a_comment_says_one_signal_in_its_own_partition(cast: Cast, say: Say) -> None:
    comment = say("Rye.")
    told = Event.objects.using("p1").get()
    assert told.signal == "comment_posted"
    assert told.payload["comment_id"] == str(comment.pk)
    assert "Rye" not in str(told.payload)
    assert not Event.objects.using("p2").exists()


def test_an_answer_stands_below_its_parent(say: Say) -> None:
    parent = say("Rye.")
    answer = say("Wheat.", to=parent)
    parent.refresh_from_db()
    assert answer.level == 1
    assert bytes(answer.path).startswith(bytes(parent.path))
    assert parent.replies == 1


def test_a_deep_chain_is_stored_whole_and_drawn_in_eight_levels(say: Say) -> None:
    comment = say("0")
    for depth in range(1, 30):
        comment = say(str(depth), to=comment)
    assert comment.level == 7
    assert len(comment.path) == 128
    depth, above = 0, comment
    while above.parent_id:
        above = above.parent
        depth += 1
    assert depth == 29


def test_the_same_key_again_gives_the_same_comment(bread: Thread, say: Say) -> None:
    first, again = say("Rye.", key="k1"), say("Rye.", key="k1")
    assert first.pk == again.pk
    bread.refresh_from_db()
    assert bread.comments_shown == 1


def test_a_key_belongs_to_one_person(cast: Cast, say: Say) -> None:
    assert say("Rye.", key="k1").pk != say("Rye.", key="k1", by=cast.bo).pk


def test_a_key_is_refused_for_another_text(say: Say) -> None:
    say("Rye.", key="k1")
    with pytest.raises(KeyReused, match="new key"):
        say("Wheat.", key="k1")


def test_a_closed_thread_takes_no_comments(cast: Cast, bread: Thread, say: Say) -> None:
    set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.bo)
    with pytest.raises(ThreadClosed):
        say("Rye.")
    assert not Comment.objects.of(cast.gazette).exists()


def test_an_empty_text_and_an_endless_one_are_refused(say: Say) -> None:
    with pytest.raises(NoText):
        say(" \x00\n")
    with pytest.raises(TooLong, match="10000 are allowed"):
        say("x" * 10_001)


def test_nobody_answers_a_comment_of_another_forum(cast: Cast, say: Say) -> None:
    with pytest.raises(NoParent):
        say("Rye.", to=Comment(pk=4_711))


def test_a_first_comment_waits_for_a_moderator(cast: Cast, bread: Thread, say: Say) -> None:
    cast.gazette.premoderation = Premoderation.FIRST
    waiting = say("Rye.")
    assert (waiting.state, waiting.reasons, waiting.version) == ("waiting", ["premoderation_first"], None)
    bread.refresh_from_db()
    assert (bread.comments_shown, bread.version) == (0, 0)
    assert decide(forum=cast.gazette, comments=[waiting], verdict="approve", by=cast.bo) == 1
    assert say("Wheat.").state == "shown"


def test_moderators_never_wait(cast: Cast, say: Say) -> None:
    cast.gazette.premoderation = Premoderation.EVERYBODY
    assert say("Rye.", by=cast.bo).state == "shown"


def test_too_many_comments_a_minute_are_refused_with_the_time_to_wait(
    cast: Cast, bread: Thread, say: Say, settings: object
) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = 3  # type: ignore[attr-defined]
    for number in range(3):
        say(str(number))
    with pytest.raises(TooFast) as refusal:
        say("4")
    assert 1 <= refusal.value.retry_after <= 20
    assert say("somebody else", by=cast.guest).state == "shown"
    bread.refresh_from_db()
    assert bread.comments_shown == 4


@pytest.mark.parametrize(
    "name", ["", "Moderator", "ＡＤＭＩＮ", "аdmin", "M0derat0r", "ad\u200bmin", "x" * 61]
)
def test_a_guest_cannot_have_no_name_or_the_houses(cast: Cast, bread: Thread, name: str) -> None:
    stranger = type(cast.guest)(guest="g1", name=name, address="192.0.2.9")
    with pytest.raises(BadName):
        post_comment(forum=cast.gazette, thread=bread, author=stranger, draft=Draft("Rye."))


def test_posting_costs_few_queries(cast: Cast, bread: Thread, say: Say) -> None:
    say("warm")
    with query_budget(
        5
    ):  # the id, the thread, the comment, the event; and the id of the event's row on SQLite
        say("Rye.")


def test_a_comment_on_a_known_page_is_one_statement_on_postgresql(
    cast: Cast, bread: Thread, say: Say
) -> None:
    forget_blocks("p1")  # the first comment fetches a whole block of ids, so that no later one must
    parent = say("Rye.", key="k1")
    with queries_counted() as spent:
        say("Wheat.", key="k2")
    assert spent.count <= (1 if ON_POSTGRESQL else 5) + len(spent.by_alias["default"])
    assert not spent.by_alias["p2"]
    with queries_counted() as answering:
        say("Spelt.", to=parent, key="k3")
    assert answering.count == spent.count + (1 if ON_POSTGRESQL else 2), (
        "the parent is looked at, and counted"
    )


def test_a_page_that_was_written_on_lately_is_not_looked_up_again(cast: Cast) -> None:
    page = PageAddress(identifier="rolls")
    draft = Draft("Rye.")
    post_comment(forum=cast.gazette, thread=page, author=cast.cy, draft=draft)
    with queries_counted() as spent:
        comment = post_comment(forum=cast.gazette, thread=page, author=cast.cy, draft=draft)
    assert not [sql for sql in spent.by_alias["p1"] if "threadaddress" in sql]
    assert comment.thread.comments_shown == 2


def test_a_thread_that_went_away_is_forgotten(cast: Cast) -> None:
    page = PageAddress(identifier="rolls")
    thread = make_thread(cast.gazette, page)
    ThreadAddress.objects.of(cast.gazette).delete()
    Thread.objects.of(cast.gazette).filter(pk=thread.pk).delete()
    with pytest.raises(Thread.DoesNotExist):
        post_comment(forum=cast.gazette, thread=page, author=cast.cy, draft=Draft("Rye."))
    comment = post_comment(forum=cast.gazette, thread=page, author=cast.cy, draft=Draft("Rye."))
    assert comment.thread_id != thread.pk
