"""Comments that are alike: found over all forums, folded into one flood, and met by rules."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.deciding import decide
from descant.discussion.editing import edit_comment
from descant.discussion.judging.likeness import noting
from descant.discussion.judging.likeness.noting import note_likeness, trim_prints
from descant.discussion.judging.likeness.prints import ALIKE, least_turned, print_of
from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.posting import Draft, post_comment
from descant.forums.models import Fingerprint, Rule
from django_headroom.delayed.worker import drain
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast

Say = Callable[..., Comment]

PILLS = "Buy the very best pills of the whole country at our little shop, order number {}"


def listen() -> None:
    for alias in ("p1", "p2"):
        while drain(alias):
            pass


def floods(*comments: Comment) -> list[int | None]:
    return [
        Comment.objects.of(each.forum_id).values_list("flood", flat=True).get(pk=each.pk) for each in comments
    ]


def abroad(cast: Cast, text: str) -> Comment:
    draft = Draft(text)
    return post_comment(forum=cast.tribune, thread=PageAddress(identifier="oil"), author=cast.cy, draft=draft)


def test_texts_that_differ_in_a_word_are_alike_and_others_are_not() -> None:
    one, other = print_of(PILLS.format(17)), print_of(PILLS.format(4_711).upper().replace("BEST", "bést"))
    assert one.likeness(other.signature) >= ALIKE
    assert not set(one.bands).isdisjoint(other.bands)
    bread = print_of("I bake my bread with rye and patience, and with a little salt, every winter morning")
    assert one.likeness(bread.signature) < ALIKE / 2
    assert print_of("Great post!").bands == ()


@given(st.sets(st.integers(0, 2**64 - 1), min_size=1), st.integers(0, 2**64 - 1))
def test_the_least_turned_number_is_found_without_turning_all(numbers: set[int], mask: int) -> None:
    assert least_turned(sorted(numbers), mask) == min(number ^ mask for number in numbers)


@given(st.text(min_size=1, max_size=300))
def test_a_fingerprint_is_the_same_each_time_and_fits_a_database(text: str) -> None:
    mark = print_of(text)
    assert mark == print_of(text)
    for number in (mark.digest, *mark.bands):
        assert -(1 << 63) <= number < 1 << 63
    if mark.bands:
        assert mark.likeness(mark.signature) == 1.0


def test_a_flood_over_forums_is_one_also_for_those_that_came_first(cast: Cast, say: Say) -> None:
    first, second = say(PILLS.format(1)), abroad(cast, PILLS.format(2))
    bread = say("I bake my bread with rye and patience, and with a little salt, every winter morning")
    listen()
    assert floods(first, second) == [None, None]
    third = abroad(cast, PILLS.format(3))
    listen()
    flood = floods(first)[0]
    assert flood is not None
    assert floods(second, third, bread) == [flood, flood, None]


def test_four_hundred_are_one(cast: Cast, say: Say) -> None:
    comments = [
        say(PILLS.format(number)) if number % 2 else abroad(cast, PILLS.format(number))
        for number in range(400)
    ]
    listen()
    assert len(set(floods(*comments))) == 1
    assert floods(comments[0])[0] is not None
    found_by = Fingerprint.objects.exclude(band_1=None)
    assert found_by.count() == noting.FOUND_BY_MOST


def test_clusters_that_turn_out_to_be_one_become_one(cast: Cast, say: Say) -> None:
    comments = [say(PILLS.format(number)) for number in range(6)]
    listen()
    Fingerprint.objects.filter(comment_id__in=[each.pk for each in comments[3:]]).update(
        cluster=comments[3].pk, is_folded=True
    )
    Comment.objects.of(cast.gazette).filter(pk__in=[each.pk for each in comments[3:]]).update(
        flood=comments[3].pk
    )
    last = say(PILLS.format(7))
    listen()
    assert set(floods(*comments, last)) == {comments[0].pk}


def test_what_is_told_twice_changes_nothing(cast: Cast, say: Say) -> None:
    comments = [say(PILLS.format(number)) for number in range(3)]
    listen()
    before = floods(*comments)
    for comment in comments:
        note_likeness(forum_id=cast.gazette.pk, comment_id=comment.pk)
    assert floods(*comments) == before
    assert Fingerprint.objects.count() == 3


def test_an_edited_comment_leaves_its_flood(cast: Cast, say: Say) -> None:
    comments = [say(PILLS.format(number)) for number in range(4)]
    listen()
    edit_comment(
        forum=cast.gazette, comment=comments[3], author=cast.cy, source="I have thought better of it."
    )
    listen()
    assert floods(comments[3]) == [None]
    assert None not in floods(*comments[:3])


def test_fingerprints_go_after_some_days(cast: Cast, say: Say) -> None:
    say(PILLS.format(1))
    listen()
    Fingerprint.objects.update(seen_at=timezone.now() - noting.KEPT - timedelta(hours=1))
    assert trim_prints(comment_id=1 << 10) == 0
    assert trim_prints(comment_id=noting.TRIM_EVERY << 10) == 1
    assert not Fingerprint.objects.exists()


def test_a_comment_costs_the_worker_no_more_in_a_large_flood(cast: Cast, say: Say) -> None:
    for number in range(40):
        say(PILLS.format(number))
    listen()
    small, large = say("A text of its own, about rye and wheat and spelt"), say(PILLS.format(50))
    spent = []
    for comment in (small, large):
        with queries_counted() as asked:
            note_likeness(forum_id=cast.gazette.pk, comment_id=comment.pk)
        spent.append(asked.count)
    assert spent[1] <= spent[0] + 5


def test_a_rule_meets_what_is_alike_on_the_network(cast: Cast, say: Say, rule: Callable[..., Rule]) -> None:
    made = rule("alike", comments=3)
    for number in range(2):
        abroad(cast, PILLS.format(number))
    assert say(PILLS.format(3)).state == "shown", "the worker has not told yet"
    listen()
    held = say(PILLS.format(4))
    assert (held.state, held.reasons[0]["rule"], held.reasons[0]["found"]) == ("waiting", made.pk, "4")
    assert say("I bake my bread with rye and patience, and with a little salt").state == "shown"


def test_a_flood_that_was_faster_than_the_worker_is_held_afterwards(
    cast: Cast, bread: Thread, say: Say, rule: Callable[..., Rule]
) -> None:
    made = rule("alike", comments=3)
    comments = [say(PILLS.format(number)) for number in range(6)]
    by_bo = say(PILLS.format(6), by=cast.bo)
    approved = say(PILLS.format(7))
    decide(forum=cast.gazette, comments=[approved], verdict="hide", by=cast.bo)
    decide(forum=cast.gazette, comments=[approved], verdict="restore", by=cast.bo)
    listen()
    rows = Comment.objects.of(cast.gazette)
    states = [rows.get(pk=each.pk).state for each in (*comments, by_bo, approved)]
    assert states == ["shown"] * 2 + ["waiting"] * 4 + ["shown"] * 2
    assert rows.get(pk=comments[5].pk).reasons[0]["rule"] == made.pk
    decisions = Decision.objects.of(cast.gazette).filter(by=None)
    assert {(each.verdict, each.reason) for each in decisions} == {("hold", "met by the rule About alike")}
    bread.refresh_from_db()
    assert bread.comments_shown == 4


@pytest.mark.parametrize(("where", "state"), [("forum", "shown"), ("network", "waiting")])
def test_a_rule_meets_the_same_text_on_the_forum_or_the_network(
    cast: Cast, say: Say, rule: Callable[..., Rule], where: str, state: str
) -> None:
    rule("double", where=where)
    text = PILLS.format(1)
    abroad(cast, text)
    listen()
    assert say(text.upper()).state == state
    listen()
    assert say(text).state == "waiting"
