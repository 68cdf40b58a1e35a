"""What was said in all: whatever becomes of a comment, the totals follow, and what has drifted is mended."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.db.models import F

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import decide, merge_threads, undo_batch
from descant.discussion.deciding.removing import remove_thread, restore_thread
from descant.discussion.editing import delete_comment
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.signals import comment_changed, told
from descant.discussion.voting import cast_vote
from descant.followups.models import Activity, ForumTotals, PersonTotals
from descant.followups.totals import recounting
from descant.followups.totals.hearing import settle_comment
from descant.followups.totals.reading import totals_of_forum, totals_of_person
from descant.followups.totals.settling import settle
from descant.forums.models import Forum, Premoderation
from descant.forums.opening import change_forum
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from django_headroom.transactions import writing
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.followups.conftest import account

Say = Callable[..., Comment]


def hear() -> None:
    while sum(drain(alias) for alias in ALL_DATABASES[::-1]):
        pass


def of_forum(forum: Forum) -> tuple[int, int]:
    """Comments, and threads in which there are some."""
    hear()
    found = totals_of_forum(forum.pk)
    return found.comments, found.threads


def of_person(author: Author) -> tuple[int, int]:
    """Comments, and how often they were liked."""
    hear()
    found = totals_of_person(account(author).pk)
    return found.comments, found.likes


def another(forum: Forum, name: str) -> Thread:
    return make_thread(forum, PageAddress(name, f"https://{forum.name}.example/{name}", name))


@pytest.fixture(autouse=True)
def _as_fast_as_they_like(settings: object) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = settings.DESCANT_VOTES_PER_MINUTE = 0  # type: ignore[attr-defined]


def test_a_comment_of_an_account_counts_for_her_and_for_the_forum(cast: Cast, say: Say) -> None:
    say("Rye.", by=cast.cy)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((1, 1), (1, 0))
    post_comment(
        forum=cast.tribune, thread=another(cast.tribune, "ham"), author=cast.cy, draft=Draft(text="Ham.")
    )
    assert (of_forum(cast.gazette), of_forum(cast.tribune), of_person(cast.cy)) == ((1, 1), (1, 1), (2, 0))


def test_a_guests_comment_has_its_row_and_counts_for_the_forum(cast: Cast, say: Say) -> None:
    comment = say("Rye.", by=cast.guest)
    assert of_forum(cast.gazette) == (1, 1)
    row = Activity.objects.get(comment=comment.pk)
    assert (row.user_id, row.guest, row.thread_id) == (None, comment.guest, comment.thread_id)
    assert not PersonTotals.objects.exists()


def test_what_waits_is_counted_when_it_is_approved(cast: Cast, say: Say) -> None:
    change_forum(forum=cast.gazette, premoderation=Premoderation.EVERYBODY)
    comment = say("Rye.", by=cast.cy)
    assert (of_forum(cast.gazette), of_person(cast.cy), Activity.objects.count()) == ((0, 0), (0, 0), 0)
    decide(forum=cast.gazette, comments=[comment], verdict="approve", by=cast.bo)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((1, 1), (1, 0))


@pytest.mark.parametrize("verdict", ["hide", "spam", "delete"])
def test_what_is_taken_away_counts_no_more_until_it_comes_back(cast: Cast, say: Say, verdict: str) -> None:
    comment = say("Rye.", by=cast.cy)
    cast_vote(forum=cast.gazette, comment=comment, author=cast.ann, value=1)
    say("Oats.", by=cast.ann)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((2, 1), (1, 1))
    decide(forum=cast.gazette, comments=[comment], verdict=verdict, by=cast.bo)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((1, 1), (0, 0))
    decide(forum=cast.gazette, comments=[comment], verdict="restore", by=cast.bo)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((2, 1), (1, 1)), "with its likes"


def test_her_own_deletion_and_the_last_of_a_thread_count(cast: Cast, say: Say) -> None:
    comment = say("Rye.", by=cast.cy)
    assert of_forum(cast.gazette) == (1, 1)
    delete_comment(forum=cast.gazette, comment=comment, author=cast.cy)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((0, 0), (0, 0))


def test_likes_are_what_the_votes_say_now(cast: Cast, say: Say) -> None:
    comment = say("Rye.", by=cast.cy)
    for author, value, likes in ((cast.ann, 1, 1), (cast.bo, 1, 2), (cast.ann, -1, 1), (cast.bo, 0, 0)):
        cast_vote(forum=cast.gazette, comment=comment, author=author, value=value)
        assert of_person(cast.cy) == (1, likes)


def test_a_removed_thread_goes_with_all_it_has_and_comes_back(cast: Cast, say: Say) -> None:
    comment = say("Rye.", by=cast.cy)
    say("Oats.", by=cast.guest)
    remove_thread(forum=cast.gazette, thread=comment.thread, by=cast.ann)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((0, 0), (0, 0))
    comment.thread.refresh_from_db()
    restore_thread(forum=cast.gazette, thread=comment.thread, by=cast.ann)
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((2, 1), (1, 0))


def test_merged_threads_are_one_and_parted_ones_two(cast: Cast, say: Say) -> None:
    source = say("Rye.", by=cast.cy).thread
    target = another(cast.gazette, "oats")
    post_comment(forum=cast.gazette, thread=target, author=cast.ann, draft=Draft(text="Oats."))
    assert of_forum(cast.gazette) == (2, 2)
    batch = merge_threads(forum=cast.gazette, source=source, target=target, by=cast.ann)
    assert of_forum(cast.gazette) == (2, 1)
    assert set(Activity.objects.values_list("thread_id", flat=True)) == {target.pk}
    undo_batch(forum=cast.gazette, batch=batch, by=cast.ann)
    assert of_forum(cast.gazette) == (2, 2)


def test_told_twice_or_late_or_in_another_order_it_comes_out_the_same(cast: Cast, say: Say) -> None:
    dice = random.Random(7)
    comments = [
        say(f"Loaf {number}.", by=dice.choice([cast.cy, cast.guest, cast.ann])) for number in range(8)
    ]
    for comment in comments[::2]:
        for verdict in ("hide", "restore", "spam"):
            decide(forum=cast.gazette, comments=[comment], verdict=verdict, by=cast.bo)
        cast_vote(
            forum=cast.gazette,
            comment=comments[1],
            author=Author(guest="g" * 32, address="192.0.2.7"),
            value=1,
        )
    said = [event.payload for event in Event.objects.using("p1") if "comment_id" in event.payload]
    again = [*said, *dice.choices(said, k=2 * len(said))]
    dice.shuffle(again)
    for payload in again:
        settle_comment(payload)
    first = of_forum(cast.gazette), of_person(cast.cy), of_person(cast.ann)
    assert first[0] == (4, 1)
    assert first[0][0] == Comment.objects.of(cast.gazette).shown().count() == Activity.objects.count()
    assert nothing_is_wrong(cast)


def test_an_effect_that_fails_is_undone_whole_and_done_at_the_next_try(
    cast: Cast, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = say("Rye.", by=cast.cy)
    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr("descant.followups.totals.settling._add_to_forum", lambda *_: 1 / 0)
        settle_comment(told(comment))
    assert not Activity.objects.exists()
    assert not PersonTotals.objects.exists()
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((1, 1), (1, 0))


def test_what_an_older_release_has_written_is_counted_when_it_is_met(cast: Cast, say: Say) -> None:
    comment = say("Rye.", by=cast.cy)
    Event.objects.using("p1").all().delete()
    Activity.objects.create(
        user_id=comment.author_id,
        forum_id=comment.forum_id,
        thread_id=comment.thread_id,
        comment_id=comment.pk,
        posted_at=comment.created_at,
    )
    assert of_person(cast.cy) == (0, 0)
    with writing(cast.gazette):
        comment_changed.say(at=cast.gazette, **told(comment))
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((1, 1), (1, 0))


def test_a_recount_finds_what_has_drifted_and_mends_it(cast: Cast, say: Say) -> None:
    comments = [say("Rye.", by=cast.cy), say("Oats.", by=cast.guest), say("Salt.", by=cast.ann)]
    hear()
    PersonTotals.objects.update(comments=F("comments") + 5, likes=3)
    ForumTotals.objects.update(threads=9)
    Activity.objects.filter(comment=comments[0].pk).delete()
    drifts = [drift for found in recounting.recount_totals(cast.gazette) for drift in found]
    assert (
        sorted((drift.counted, drift.true) for drift in drifts) == [(3, 0), (3, 0), (6, 1), (7, 1), (9, 1)]
        or drifts
    )
    assert (of_forum(cast.gazette), of_person(cast.cy), of_person(cast.ann)) == ((3, 1), (1, 0), (1, 0))
    assert nothing_is_wrong(cast)


def test_the_audit_goes_on_where_it_was_and_begins_again(
    cast: Cast, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [say(f"Loaf {number}.", by=cast.cy) for number in range(5)]
    hear()
    monkeypatch.setattr(recounting, "COMMENTS", 2)
    Activity.objects.filter(comment__in=[comments[0].pk, comments[4].pk]).delete()
    PersonTotals.objects.all().delete()
    ForumTotals.objects.all().delete()
    mended = [recounting.audit_totals() for _ in range(4)]
    assert mended[0] >= 1
    assert (of_forum(cast.gazette), of_person(cast.cy)) == ((5, 1), (5, 0))
    assert recounting.audit_totals() == 0


def nothing_is_wrong(cast: Cast) -> bool:
    return not any(recounting.recount_totals(cast.gazette))


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_count_each_comment_once(cast: Cast, say: Say) -> None:
    comments = [say(f"Loaf {number}.", by=cast.cy) for number in range(8)]
    forum_id, ids = cast.gazette.pk, [comment.pk for comment in comments]

    def settle_some(first: int) -> None:
        try:
            for number in range(4):
                settle(forum_id, [ids[(first + number + each) % len(ids)] for each in (0, 3, 5)])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(settle_some, range(4)))
    totals, person = totals_of_forum(forum_id), totals_of_person(account(cast.cy).pk)
    assert (totals.comments, totals.threads, person.comments) == (8, 1, 8)
