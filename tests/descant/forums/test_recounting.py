"""A forum's numbers are counted again: what has drifted becomes true, readers see it, and nobody else is disturbed."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.tree import recounting
from descant.discussion.tree.counting import LEAP
from descant.discussion.tree.recounting import recount_threads
from descant.operate.seeding import seed_forum
from descant.site.command import main
from django_headroom.testing import queries_counted
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.headroom.market.threads import together

Say = Callable[..., Comment]
Numbers = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


def numbers(cast: Cast) -> Numbers:
    threads = Thread.objects.of(cast.gazette).order_by("id").values_list("id", "comments_shown")
    comments = Comment.objects.of(cast.gazette).order_by("id").values_list("id", "replies", "drawn")
    return list(threads), list(comments)


@pytest.fixture
def conversation(cast: Cast, say: Say) -> list[Comment]:
    """Rye, a chain of answers below it, deeper than is drawn; one answer is hidden, and one waits."""
    chain = [say("Rye.")]
    for number in range(11):
        chain.append(say(f"Answer {number}.", to=chain[-1]))
    hidden, waiting = say("Hidden.", to=chain[0]), say("Waiting.", to=chain[1])
    say("Below a hidden one.", to=hidden)
    decide(forum=cast.gazette, comments=[hidden], verdict="hide", by=cast.bo)
    decide(forum=cast.gazette, comments=[waiting], verdict="spam", by=cast.bo)
    return [*chain, hidden, waiting]


def test_numbers_that_the_acts_have_kept_are_right(cast: Cast, conversation: list[Comment]) -> None:
    seed_forum(forum=cast.gazette, threads=7, comments=400, quiet=True)
    before = numbers(cast)
    versions = list(Thread.objects.of(cast.gazette).order_by("id").values_list("version", flat=True))
    steps = list(recount_threads(forum=cast.gazette))
    assert [(step.threads, step.totals, step.branches) for step in steps] == [(8, [], [])]
    assert numbers(cast) == before
    assert list(Thread.objects.of(cast.gazette).order_by("id").values_list("version", flat=True)) == versions


def test_what_has_drifted_is_repaired_and_told(
    cast: Cast, bread: Thread, conversation: list[Comment], capsys: pytest.CaptureFixture[str]
) -> None:
    right = numbers(cast)
    bread.refresh_from_db()
    top, answer, hidden = conversation[0], conversation[5], conversation[-2]
    comments = Comment.objects.of(cast.gazette)
    comments.filter(pk=top.pk).update(replies=F("replies") + 4)
    comments.filter(pk=answer.pk).update(replies=0)
    comments.filter(pk=hidden.pk).update(drawn=False)
    Thread.objects.of(cast.gazette).update(comments_shown=2)
    assert main(["forum", "recount", "gazette"]) == 0
    assert numbers(cast) == right
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"thread {bread.pk}: 2 comments, 13 in truth: repaired"
    replies = {pk: told for pk, told, _ in right[1]}
    assert sorted(said[1:-1]) == sorted(
        [
            f"comment {top.pk}: {replies[top.pk] + 4} replies, {replies[top.pk]} in truth: repaired",
            f"comment {answer.pk}: 0 replies, {replies[answer.pk]} in truth: repaired",
        ]
    )
    assert said[-1] == "Threads counted again: 1; numbers repaired: 3."
    version = bread.version
    bread.refresh_from_db()
    assert bread.version == version + LEAP, "readers see it"
    assert main(["forum", "recount", "gazette"]) == 0
    assert capsys.readouterr().out == "Threads counted again: 1; numbers repaired: 0.\n"


def test_another_forum_is_left_alone(cast: Cast, bread: Thread) -> None:
    page = PageAddress(identifier="ham", url="https://tribune.example/ham", title="Ham")
    ham = make_thread(cast.tribune, page)
    Thread.objects.of(cast.tribune).update(comments_shown=7)
    list(recount_threads(forum=cast.gazette))
    ham.refresh_from_db()
    assert ham.comments_shown == 7


def test_a_walk_goes_on_where_it_was_interrupted(
    cast: Cast, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recounting, "STEP", 3)
    seed_forum(forum=cast.gazette, threads=8, comments=80, quiet=True)
    Thread.objects.of(cast.gazette).update(comments_shown=F("comments_shown") + 1)
    [first] = itertools.islice(recount_threads(forum=cast.gazette), 1)
    assert (first.threads, len(first.totals)) == (3, 3)
    assert main(["forum", "recount", "gazette", "--after", first.place]) == 0
    assert "Threads counted again: 5; numbers repaired: 5." in capsys.readouterr().out
    monkeypatch.setattr(recounting, "_count", interrupted_at_the_second(recounting._count))
    assert main(["forum", "recount", "gazette"]) == 130
    assert f"Go on with `descant forum recount gazette --after '{first.place}'`." in capsys.readouterr().err
    assert main(["forum", "recount", "gazette", "--after", "nowhere"]) == 2
    assert "is no place in a walk" in capsys.readouterr().err


def interrupted_at_the_second(act: Callable[..., Any]) -> Callable[..., Any]:
    """As Ctrl-C does, in the second call."""
    calls = itertools.count()

    def stop(*asked: Any) -> Any:
        if next(calls):
            raise KeyboardInterrupt
        return act(*asked)

    return stop


def test_threads_that_are_right_cost_three_queries_a_step_and_no_lock(cast: Cast) -> None:
    seed_forum(forum=cast.gazette, threads=20, comments=200, quiet=True)
    with queries_counted() as spent:
        list(recount_threads(forum=cast.gazette))
    asked = [sql for sql in spent.by_alias["p1"] if "UPDATE" not in sql and sql.startswith("SELECT")]
    assert len(spent.by_alias["p1"]) == len(asked) == 3


@pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)
def test_comments_that_come_and_go_meanwhile_make_no_drift(cast: Cast, bread: Thread, settings: Any) -> None:
    """Four write, answer and are hidden while one counts again and again; nothing is ever found, all is right after."""
    settings.DESCANT_COMMENTS_PER_MINUTE = 0

    def act(number: int) -> int:
        if number == 0:
            steps = [step for _ in range(10) for step in recount_threads(forum=cast.gazette)]
            return sum(len(step.totals) + len(step.branches) for step in steps)
        parent = None
        for turn in range(10):
            draft = Draft(text=f"{number} {turn}", parent_id=parent)
            made = post_comment(forum=cast.gazette, thread=bread, author=cast.cy, draft=draft)
            if turn % 3 == 2:
                decide(forum=cast.gazette, comments=[made], verdict="hide", by=cast.bo)
            else:
                parent = made.pk
        return 0

    assert together(5, act) == [0] * 5
    assert [(step.totals, step.branches) for step in recount_threads(forum=cast.gazette)] == [([], [])]
    bread.refresh_from_db()
    assert bread.comments_shown == 4 * 7
