"""What whoever goes on watching is told: after it she has before her what a page would show her now."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide, merge_threads, set_thread_state, undo_batch
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.reading.changes import MOST, Changes, Clock, read_changes, read_scores
from descant.discussion.voting import cast_vote
from django_headroom import ids
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
numbers = itertools.count()
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "answer", "edit", "hide", "restore", "approve", "delete", "hold"]),
        st.integers(0, 99),
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class Reader:
    """Somebody who has a page before her, and does as she is told."""

    clock: Clock
    drawn: dict[int, tuple[str, str, int]] = field(default_factory=dict)

    def hear(self, changes: Changes) -> None:
        assert changes.told
        for line in changes.lines:
            comment = line.comment
            text = comment.text if line.kind == "comment" else ""
            self.drawn[comment.pk] = (line.kind, text, line.replies)
        for pk in changes.gone:
            self.drawn.pop(pk, None)
        for pk, replies in changes.replies.items():
            if pk in self.drawn:
                self.drawn[pk] = (*self.drawn[pk][:2], replies)
        self.clock = changes.clock


def all_drawn(thread: Thread) -> dict[int, tuple[str, str, int]]:
    """What the pages of a thread show, all together."""
    rows = Comment.objects.of(thread.forum_id).filter(thread=thread).drawn()
    return {
        each.pk: ("comment", each.text, each.replies) if each.is_shown else ("mark", "", each.replies)
        for each in rows
    }


def told(cast: Cast, thread: Thread, since: Clock | int) -> Changes:
    if isinstance(since, int):
        since = Clock(str(cast.gazette.epoch), since)
    return read_changes(forum=cast.gazette, thread_id=thread.pk, since=since)


def act(cast: Cast, thread: Thread, what: str, number: int) -> None:
    every = list(
        Comment.objects.of(cast.gazette).filter(thread=thread).order_by("pk").select_related("thread")
    )
    one = every[number % len(every)] if every else None
    if what == "say" or one is None:
        write(cast, thread, f"Loaf {number}.")
    elif what == "answer" and one.state != "waiting":
        write(cast, thread, f"Crumb {number}.", to=one)
    elif what == "hold":
        write(cast, thread, f"Held {number}.", to=one if one.is_shown else None, state="waiting")
    elif what == "edit" and one.state == "shown":
        edit_comment(forum=cast.gazette, comment=one, author=cast.cy, source=f"Better {number}.")
    elif what == "delete" and one.state == "shown":
        delete_comment(forum=cast.gazette, comment=one, author=cast.cy)
    elif what in ("hide", "restore", "approve"):
        decide(forum=cast.gazette, comments=[one], verdict=what, by=cast.bo)


def write(cast: Cast, thread: Thread, text: str, *, to: Comment | None = None, state: str = "") -> Comment:
    forum = cast.gazette
    forum.premoderation = "everybody" if state else "nobody"
    draft = Draft(text=text, parent_id=to.pk if to else None)
    return post_comment(forum=forum, thread=thread, author=cast.cy, draft=draft)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, away=st.tuples(st.integers(0, 24), st.integers(0, 24)))
def test_whoever_comes_back_has_before_her_what_a_page_shows(
    steps: list[tuple[str, int]], away: tuple[int, int], cast: Cast, settings: Any
) -> None:
    """She goes and comes back at any two moments; another hears of each change by itself."""
    settings.DESCANT_COMMENTS_PER_MINUTE = 0
    thread = make_thread(cast.gazette, PageAddress(identifier=f"loaf {next(numbers)}"))
    reader, watcher = (Reader(Clock(str(cast.gazette.epoch), 0)) for _ in range(2))
    for number, (what, which) in enumerate(steps):
        act(cast, thread, what, which)
        watcher.hear(told(cast, thread, watcher.clock))
        assert watcher.drawn == all_drawn(thread)
        if not min(away) <= number < max(away):
            reader.hear(told(cast, thread, reader.clock))
            assert reader.drawn == all_drawn(thread)


def test_a_change_is_told_once_and_nothing_to_who_knows_it(cast: Cast, say: Say, bread: Thread) -> None:
    rye = say("Rye.")
    first = told(cast, bread, 0)
    assert [line.comment.pk for line in first.lines] == [rye.pk]
    assert told(cast, bread, first.clock).lines == []
    assert told(cast, bread, 1).lines == [], "a page knows the forum's epoch alone"


def test_what_answers_comes_after_what_it_answers(cast: Cast, say: Say, bread: Thread) -> None:
    rye = say("Rye.")
    oats = say("Oats?", to=rye)
    edit_comment(forum=cast.gazette, comment=rye, author=cast.cy, source="Rye and salt.")
    found = told(cast, bread, 0)
    assert [line.comment.pk for line in found.lines] == [rye.pk, oats.pk]
    assert found.replies == {rye.pk: 1}


def test_what_waits_is_told_to_nobody_until_it_is_approved(cast: Cast, bread: Thread, settings: Any) -> None:
    settings.DESCANT_COMMENTS_PER_MINUTE = 0
    held = write(cast, bread, "Held.", state="waiting")
    assert told(cast, bread, 0).lines == []
    decide(forum=cast.gazette, comments=[held], verdict="approve", by=cast.bo)
    assert [line.comment.text for line in told(cast, bread, 0).lines] == ["Held."]


def test_what_is_hidden_has_no_words_there(cast: Cast, say: Say, bread: Thread) -> None:
    rye = say("Rye.")
    before = told(cast, bread, 0).clock
    decide(forum=cast.gazette, comments=[rye], verdict="hide", by=cast.bo)
    found = told(cast, bread, before)
    assert [line.kind for line in found.lines] == ["mark"]
    assert found.gone == [rye.pk]


def test_too_much_is_not_told_one_by_one(cast: Cast, say: Say, bread: Thread) -> None:
    for number in range(3):
        say(f"Loaf {number}.")
    Thread.objects.of(cast.gazette).filter(pk=bread.pk).update(version=MOST + 1)
    assert told(cast, bread, 1).told
    assert not told(cast, bread, 0).told


def test_more_comments_of_few_versions_are_not_told_either(cast: Cast, say: Say, bread: Thread) -> None:
    rye = say("Rye.")
    rows = [
        Comment(pk=ids.next_id("p1", Comment), forum_id=rye.forum_id, thread=bread, text="x", path=rye.path)
        for _ in range(MOST)
    ]
    for row in rows:
        row.version = 1
    Comment.objects.of(cast.gazette).bulk_create(rows)
    assert not told(cast, bread, 0).told
    Comment.objects.of(cast.gazette).filter(pk=rows[0].pk).update(version=None)
    assert told(cast, bread, 0).told


def test_a_number_of_another_epoch_means_nothing(cast: Cast, say: Say, bread: Thread) -> None:
    say("Rye.")
    known = told(cast, bread, 0).clock
    assert told(cast, bread, known).told
    ids.raise_epoch("p1")
    assert not told(cast, bread, known).told
    assert not told(cast, bread, Clock(str(cast.gazette.epoch + 1), 1)).told
    assert not told(cast, bread, 2).told, "nor does one that was never given out"


def test_who_watches_a_thread_that_was_merged_or_parted_reads_anew(
    cast: Cast, say: Say, bread: Thread
) -> None:
    say("Rye.")
    cakes = make_thread(cast.gazette, PageAddress(identifier="cakes"))
    write(cast, cakes, "Plum.")
    before = told(cast, cakes, 0).clock
    batch = merge_threads(forum=cast.gazette, source=bread, target=cakes, by=cast.bo)
    assert not told(cast, bread, 1).told
    assert [line.comment.text for line in told(cast, cakes, before).lines] == ["Rye."]
    merged = told(cast, cakes, before).clock
    undo_batch(forum=cast.gazette, batch=batch, by=cast.bo)
    assert not told(cast, cakes, merged).told, "what has gone from it bears no stamp there"
    assert told(cast, bread, told(cast, bread, 0).clock).told


def test_closing_a_thread_is_a_change_without_comments(cast: Cast, say: Say, bread: Thread) -> None:
    say("Rye.")
    before = told(cast, bread, 0).clock
    set_thread_state(forum=cast.gazette, thread=bread, state="closed", by=cast.bo)
    found = told(cast, bread, before)
    assert (found.told, found.lines, found.clock == before) == (True, [], False)


def test_a_thread_of_another_forum_is_none_here(cast: Cast, bread: Thread) -> None:
    with pytest.raises(Thread.DoesNotExist):
        read_changes(forum=cast.tribune, thread_id=bread.pk, since=Clock("1", 0))


def test_scores_are_of_what_somebody_has_voted_on(cast: Cast, say: Say, bread: Thread) -> None:
    rye, oats = say("Rye."), say("Oats.")
    say("Wheat.")
    cast_vote(forum=cast.gazette, comment=rye, author=cast.bo, value=1)
    cast_vote(forum=cast.gazette, comment=oats, author=cast.bo, value=-1)
    assert read_scores(forum=cast.gazette, thread_id=bread.pk) == {rye.pk: 1, oats.pk: -1}


@pytest.mark.parametrize("written", ["", "1", "1-", "1-x", "-", "1-" + "9" * 19, "x" * 30 + "-1", "1-²"])
def test_what_is_no_clock_is_none(written: str) -> None:
    assert Clock.read(written) is None


def test_a_clock_is_read_as_it_is_written() -> None:
    assert Clock.read(str(Clock("1.2", 7))) == Clock("1.2", 7)
