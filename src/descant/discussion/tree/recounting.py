"""Counting again: what threads and comments say of their numbers is compared with their comments, and made true.

Acts keep these numbers with each change. This is for operators, after a restore by hand, a fault, or to be sure.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import F, Q
from django.db.models.expressions import Case, When

from descant.discussion.models import Comment, Thread
from descant.discussion.signals import say_changed
from descant.discussion.tree.counting import LEAP
from descant.discussion.tree.paths import counted_in
from descant.forums.models import Forum
from django_headroom.counters.kinds import Drift, Exact
from django_headroom.skinny import copies_near, range_iter, skinny
from django_headroom.transactions import alias_of, writing

STEP = 100

comments_shown = Exact("discussion.Thread", "comments_shown")
replies = Exact("discussion.Comment", "replies")


@dataclass(frozen=True)
class Recounted:
    """What was found in one step of a walk; ``place`` is where to go on from, should the next one not come."""

    threads: int
    totals: Sequence[Drift]  # of threads
    branches: Sequence[Drift]  # of comments
    place: str


def recount_threads(*, forum: Forum, start_after: str | None = None) -> Iterator[Recounted]:
    """Count a forum's threads again, some at a time. Threads that are right are only read, and nobody waits.

    Args:
        start_after: the ``place`` of an earlier walk.

    Raises:
        WalkRefused: ``start_after`` is no such place.
    """
    alias = alias_of(forum)
    walk = range_iter(Thread.objects.of(forum), step=STEP, start_after=start_after, pause=copies_near(alias))
    while threads := list(islice(walk, STEP)):
        shown, answers = _count(alias, [thread.pk for thread in threads])
        wrong = {thread_id for _, thread_id in _wrong(alias, [thread.pk for thread in threads], answers)}
        wrong |= {thread.pk for thread in threads if thread.comments_shown != shown[thread.pk]}
        totals, branches = _repair(forum, sorted(wrong)) if wrong else ([], [])
        yield Recounted(len(threads), totals, branches, walk.token or "")


def _repair(forum: Forum, threads: Sequence[int]) -> tuple[Sequence[Drift], Sequence[Drift]]:
    """Count once more while nobody can change them: what seemed wrong may have been written just then."""
    answers: Counter[int] = Counter()

    def count(alias: str, keys: Sequence[int]) -> Counter[int]:
        shown, found = _count(alias, keys)
        answers.update(found)
        return shown

    with writing(forum) as alias:
        totals = comments_shown.recount(
            threads, truth=count, using=alias
        )  # holds the threads' rows from here on
        wrong = dict(_wrong(alias, threads, answers))
        branches = replies.recount(list(wrong), truth=lambda _alias, _keys: answers, using=alias)
        drawn = Case(When(Q(state=Comment.State.SHOWN), then=True), default=Q(replies__gt=0))
        Comment.objects.using(alias).filter(pk__in=wrong).update(drawn=drawn)
        changed = {*wrong.values(), *(drift.pk for drift in totals)}
        if changed:
            _stamp(forum, alias, changed)
    return totals, branches


def _stamp(forum: Forum, alias: str, threads: Collection[int]) -> None:
    rows = Thread.objects.using(alias).filter(pk__in=threads)
    rows.update(version=F("version") + LEAP)
    for thread_id, version in rows.values_list("pk", "version"):
        say_changed(at=alias, forum_id=forum.pk, thread_id=thread_id, version=version)


def _count(alias: str, threads: Sequence[int]) -> tuple[Counter[int], Counter[int]]:
    """The shown comments of each thread, and the shown replies of each comment that has some."""
    shown: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    rows = Comment.objects.using(alias).filter(thread_id__in=threads).shown()
    for thread_id, path, parent_id in skinny(rows.values_list("thread_id", "path", "parent_id")):
        shown[thread_id] += 1
        answers.update(counted_in(path, parent_id))
    return shown, answers


def _wrong(alias: str, threads: Sequence[int], answers: Counter[int]) -> Iterator[tuple[int, int]]:
    """The comments, with their threads, that tell another number of replies, or are a mark and should not be."""
    rows = Comment.objects.using(alias).filter(thread_id__in=threads)
    for pk, thread_id, told, drawn, state in skinny(
        rows.values_list("pk", "thread_id", "replies", "drawn", "state")
    ):
        if told != answers[pk] or drawn != (state == Comment.State.SHOWN or answers[pk] > 0):
            yield pk, thread_id
