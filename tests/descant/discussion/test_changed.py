"""Whatever raises a thread's version says so when it is committed, and what was read before is old from then on."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide, edit_for_author, merge_threads, set_thread_state, undo_batch
from descant.discussion.deciding.threads import pin_comment
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.reading import marks
from descant.discussion.signals import scores_changed, thread_changed
from descant.discussion.signals import told as told_of
from descant.discussion.tree.recounting import recount_threads
from descant.discussion.voting import cast_vote
from descant.followups import freshness
from descant.forums import directory
from descant.forums.models import Premoderation
from descant.forums.opening import add_domain, change_forum, name_role, remove_domain
from descant.operate.seeding import seed_forum
from django_headroom.caching.slots import slots
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
Act = Callable[[Cast, Thread, Say], object]
SOURCES = Path(__file__).parents[3] / "src" / "descant"


def everything_undone(cast: Cast, batch: Any) -> None:
    undo_batch(forum=cast.gazette, batch=batch, by=cast.bo)


def merged(cast: Cast, bread: Thread, say: Say) -> Any:
    say("Rye.")
    other = make_thread(cast.gazette, PageAddress(identifier="other"))
    post_comment(forum=cast.gazette, thread=other, author=cast.cy, draft=Draft(text="Oats."))
    return merge_threads(forum=cast.gazette, source=other, target=bread, by=cast.bo)


def recounted(cast: Cast, bread: Thread, say: Say) -> None:
    say("Rye.")
    Thread.objects.of(cast.gazette).update(comments_shown=7)
    list(recount_threads(forum=cast.gazette))


def approved(cast: Cast, bread: Thread, say: Say) -> None:
    cast.gazette.premoderation = Premoderation.EVERYBODY
    waiting = say("Rye.")
    decide(forum=cast.gazette, comments=[waiting], verdict="approve", by=cast.bo)


def held_by_flags(cast: Cast, bread: Thread, say: Say) -> None:
    comment = say("Rye.")
    cast.gazette.flags_to_hold = 1
    flag_comment(forum=cast.gazette, comment=comment, author=cast.ann, reason="abuse")


ACTS: dict[str, Act] = {
    "post": lambda cast, bread, say: say("Rye."),
    "reply": lambda cast, bread, say: say("So it is.", to=say("Rye.")),
    "edit": lambda cast, bread, say: edit_comment(
        forum=cast.gazette, comment=say("Rye."), author=cast.cy, source="Wheat."
    ),
    "delete": lambda cast, bread, say: delete_comment(
        forum=cast.gazette, comment=say("Rye."), author=cast.cy
    ),
    "hide": lambda cast, bread, say: decide(
        forum=cast.gazette, comments=[say("Rye."), say("Oats.")], verdict="hide", by=cast.bo
    ),
    "approve": approved,
    "flag": held_by_flags,
    "moderator's edit": lambda cast, bread, say: edit_for_author(
        forum=cast.gazette, comment=say("Rye."), source="Wheat.", by=cast.bo
    ),
    "close": lambda cast, bread, say: set_thread_state(
        forum=cast.gazette, thread=bread, state="closed", by=cast.bo
    ),
    "pin": lambda cast, bread, say: pin_comment(
        forum=cast.gazette, thread=bread, comment=say("Rye."), by=cast.bo
    ),
    "merge": merged,
    "part": lambda cast, bread, say: everything_undone(cast, merged(cast, bread, say)),
    "recount": recounted,
    "seed": lambda cast, bread, say: seed_forum(
        forum=cast.gazette, threads=2, comments=9, seed=1, quiet=True
    ),
}


Told = list[dict[str, Any]]


@pytest.fixture
def told() -> Iterator[Told]:
    heard: Told = []

    def hear(**what: Any) -> None:
        heard.append(what)

    thread_changed.connect(hear)
    scores_changed.connect(hear)
    yield heard
    thread_changed.disconnect(hear)
    scores_changed.disconnect(hear)


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any, cast: Cast, bread: Thread) -> Any:
    """Whatever is done within is committed at its end."""
    return lambda: django_capture_on_commit_callbacks(using="p1", execute=True)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_raises_a_version_says_so(
    name: str, cast: Cast, say: Say, told: Told, commits: Any
) -> None:
    seen, before = slots().last(), versions(cast)
    bread = Thread.objects.of(cast.gazette).get()
    with commits():
        ACTS[name](cast, bread, say)
        assert not told, "nothing is said before the commit"
    after = versions(cast)
    raised = {pk: version for pk, version in after.items() if version != before.get(pk, 0)}
    assert raised
    said = {each["thread_id"]: each["version"] for each in told}
    assert said == raised, "the last word about each thread is its version"
    assert {(each["forum_id"], each["epoch"]) for each in told} == {(cast.gazette.pk, cast.gazette.epoch)}
    assert not any(slots().is_fresh(seen, *marks.slots_of(cast.gazette.pk, pk)) for pk in raised)


def versions(cast: Cast) -> dict[int, int]:
    return dict(Thread.objects.of(cast.gazette).values_list("pk", "version"))


def test_nobody_else_raises_a_version() -> None:
    """A new way to raise it has to say so as well, and to stand in ACTS."""
    raising = re.compile(r'version"?(=|: )(F\("version"\)|1\b|shown\b|int\()')
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if path.parent.name != "configuring" and raising.search(path.read_text())
    }
    assert found == {
        "discussion/tree/counting.py",
        "discussion/tree/recounting.py",
        "discussion/posting.py",
        "exchange/arriving/comments.py",
    }


def test_a_comment_that_waits_says_nothing(
    cast: Cast, bread: Thread, say: Say, told: Told, commits: Any
) -> None:
    cast.gazette.premoderation = Premoderation.EVERYBODY
    with commits():
        say("Rye.")
    assert not told


def test_a_page_on_which_nobody_had_written_is_old_with_the_first_comment(
    cast: Cast, bread: Thread, say: Say, commits: Any
) -> None:
    empty = marks.slots_of(cast.gazette.pk, None)
    seen = slots().last()
    with commits():
        say("Rye.")
    assert not slots().is_fresh(seen, *empty)
    seen = slots().last()
    with commits():
        say("Oats.")
    assert slots().is_fresh(seen, *empty)


def test_pages_on_which_nobody_had_written_are_old_when_a_merge_is_undone(
    cast: Cast, bread: Thread, say: Say, commits: Any
) -> None:
    say("Rye.")
    cakes = make_thread(cast.gazette, PageAddress("cakes"))
    batch = merge_threads(forum=cast.gazette, source=bread, target=cakes, by=cast.bo)
    seen = slots().last()
    with commits():
        undo_batch(forum=cast.gazette, batch=batch, by=cast.bo)
    assert not slots().is_fresh(seen, marks.slots_of(cast.gazette.pk, None)[0])


def test_a_writer_who_died_after_the_commit_is_spoken_for_by_the_worker(
    cast: Cast, bread: Thread, say: Say
) -> None:
    seen, of_thread = slots().last(), marks.slots_of(cast.gazette.pk, bread.pk)
    slots().words[of_thread[0]] = 0  # whatever other tests have said of a thread with this number
    comment = say("Rye.")  # nothing of this test is ever committed
    assert slots().is_fresh(seen, *of_thread)
    freshness.tell_of_new({**told_of(comment), "state": "held"}, event_id="0")
    assert slots().is_fresh(seen, *of_thread), "what waits is on no page"
    freshness.tell_of_new(told_of(comment), event_id="1")
    assert not slots().is_fresh(seen, *of_thread)
    assert not slots().is_fresh(seen, *marks.slots_of(cast.gazette.pk, None))


def test_what_others_have_told_before_does_not_speak_for_a_writer_who_died(
    cast: Cast, bread: Thread, say: Say, commits: Any
) -> None:
    with commits():
        comment = say("Rye.")
    seen, of_thread = slots().last(), marks.slots_of(cast.gazette.pk, bread.pk)
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)  # and dies after the commit
    assert slots().is_fresh(seen, *of_thread)
    freshness.tell_of_comment(told_of(comment), event_id="1")
    assert not slots().is_fresh(seen, *of_thread), "else it would be read for another ten minutes"


def test_the_worker_makes_nothing_old_that_was_told_so_at_once(
    cast: Cast, bread: Thread, say: Say, commits: Any
) -> None:
    said_at = time.time()
    with commits():
        comment = say("Rye.")
    seen = slots().last()
    freshness.tell_of_comment({**told_of(comment), "said_at": said_at}, event_id="1")
    other = {"source_id": str(bread.pk), "target_id": str(bread.pk), "said_at": said_at}
    freshness.tell_of_threads({"forum_id": cast.gazette.pk, **other}, event_id="2")
    assert slots().is_fresh(seen, *marks.slots_of(cast.gazette.pk, bread.pk))


def test_a_vote_makes_no_page_old(cast: Cast, bread: Thread, say: Say, told: Told, commits: Any) -> None:
    comment, seen = say("Rye."), slots().last()
    with commits():
        cast_vote(forum=cast.gazette, comment=comment, author=cast.bo, value=1)
    assert [each["thread_id"] for each in told] == [bread.pk]
    assert slots().is_fresh(seen, *marks.slots_of(cast.gazette.pk, bread.pk))
    assert not slots().is_fresh(seen, marks.slot_of_scores(bread.pk))


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: change_forum(forum=cast.gazette, title="The Gazette"),
        lambda cast: add_domain(forum=cast.gazette, domain="other.example"),
        lambda cast: [
            add_domain(forum=cast.gazette, domain="b.example"),
            remove_domain(forum=cast.gazette, domain="b.example"),
        ],
        lambda cast: name_role(forum=cast.gazette, user=cast.cy.user, kind="moderator"),
    ],
    ids=["title", "domain", "domains", "role"],
)
def test_a_change_of_a_forum_makes_its_pages_old_in_every_process(
    cast: Cast, change: Callable[[Cast], object], django_capture_on_commit_callbacks: Any
) -> None:
    seen, revision = slots().last(), cast.gazette.revision
    kept = directory.forum_named("gazette")
    with django_capture_on_commit_callbacks(using="default", execute=True):
        change(cast)
    assert not slots().is_fresh(seen, *marks.slots_of(cast.gazette.pk, None))
    directory.forums.keep(kept, seen)  # as it lies in another process
    assert directory.forum_named("gazette").revision > revision
    assert directory.forum_with_id(cast.tribune.pk).name == "tribune"
