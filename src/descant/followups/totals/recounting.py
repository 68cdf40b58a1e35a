"""Counting again: rows are compared with the comments, totals with the rows, and what is wrong is made true.

Receivers keep these numbers. This is for operators, after a restore or a release that did not count yet, and for a job
that goes through everything little by little and begins again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from descant.discussion.models import Comment
from descant.followups.models import Activity, ForumTotals, PersonTotals
from descant.followups.totals.settling import STEP, says_the_same, settle, told_by
from descant.forums.models import Forum
from django_headroom.conf import headroom
from django_headroom.counters.kinds import Drift, Exact
from django_headroom.delayed.jobs.scheduling import every
from django_headroom.delayed.models import Walk
from django_headroom.skinny import copies_near, range_iter
from django_headroom.transactions import alias_of, writing

COMMENTS, PEOPLE, FORUMS = 2_000, 500, 50  # that are looked at in one turn of the job

said = Exact("followups.PersonTotals", "comments")
liked = Exact("followups.PersonTotals", "likes")
said_on = Exact("followups.ForumTotals", "comments")
threads_on = Exact("followups.ForumTotals", "threads")


def connect() -> None:
    """The job is declared where this module is imported."""


def recount_totals(forum: Forum) -> Iterator[Sequence[Drift]]:
    """Count all of a forum again, and all that its people have said anywhere, some at a time.

    Comments of which a row is missing or wrong are counted as they are found; what is given is what was wrong all the
    same.
    """
    alias = alias_of(forum)
    rows = Comment.objects.of(forum).only("id", "author_id")
    walk, people = range_iter(rows, step=STEP, pause=copies_near(alias)), set[int]()
    while comments := list(islice(walk, STEP)):
        mend_rows(forum.pk, [comment.pk for comment in comments])
        people.update(comment.author_id for comment in comments if comment.author_id)
    yield mend_forums([forum.pk])
    wrote = sorted(people)
    for at in range(0, len(wrote), STEP):
        yield mend_people(wrote[at : at + STEP])


def mend_rows(forum_id: int, ids: Sequence[int]) -> int:
    """Compare the rows of some comments with them; how many were wrong."""
    told = told_by(forum_id, ids)
    rows = {row.comment_id: row for row in Activity.objects.filter(comment__in=ids)}
    wrong = [pk for pk in ids if not _agree(rows.get(pk), told.get(pk))]
    return settle(forum_id, wrong) if wrong else 0


def mend_people(keys: Sequence[int]) -> list[Drift]:
    """Compare what is said of some people with their rows."""
    with writing("default"):
        PersonTotals.objects.bulk_create([PersonTotals(key) for key in sorted(keys)], ignore_conflicts=True)
    counted = Activity.objects.filter(likes__isnull=False)

    def comments(_alias: str, keys: Sequence[int]) -> Mapping[int, int]:
        return _by(counted, "user_id", keys, Count("pk"))

    def likes(_alias: str, keys: Sequence[int]) -> Mapping[int, int]:
        return _by(counted, "user_id", keys, Sum("likes"))

    return [
        *said.recount(keys, truth=comments, using="default"),
        *liked.recount(keys, truth=likes, using="default"),
    ]


def mend_forums(keys: Sequence[int]) -> list[Drift]:
    """Compare what is said of some forums with the rows of their comments."""
    with writing("default"):
        ForumTotals.objects.bulk_create([ForumTotals(key) for key in sorted(keys)], ignore_conflicts=True)
    counted = Activity.objects.filter(likes__isnull=False)

    def comments(_alias: str, keys: Sequence[int]) -> Mapping[int, int]:
        return _by(counted, "forum_id", keys, Count("pk"))

    def threads(_alias: str, keys: Sequence[int]) -> Mapping[int, int]:
        return _by(counted, "forum_id", keys, Count("thread_id", distinct=True))

    return [
        *said_on.recount(keys, truth=comments, using="default"),
        *threads_on.recount(keys, truth=threads, using="default"),
    ]


@every(600, name="audit totals", limit=120)
def audit_totals() -> int:
    """Look at the next of everything: how many rows and totals were wrong."""
    mended = 0
    for alias in headroom().partitions:
        with _next(
            f"audit comments of {alias}", Comment.objects.using(alias).only("id", "forum_id"), COMMENTS
        ) as comments:
            mended += sum(mend_rows(forum_id, ids) for forum_id, ids in _by_forum(comments))
    with _next("audit people", PersonTotals.objects.only("user_id"), PEOPLE) as people:
        mended += len(mend_people([totals.pk for totals in people]))
    with _next("audit forums", Forum.objects.only("id"), FORUMS) as forums:
        mended += len(mend_forums([forum.pk for forum in forums]))
    return mended


@contextmanager
def _next(name: str, rows: QuerySet[Any], most: int) -> Iterator[Sequence[Any]]:
    """The rows that come after those of the last turn; after the last ones, the first again."""
    walk, _ = Walk.objects.using("default").get_or_create(name=name)
    steps = range_iter(rows, step=most, start_after=walk.token or None)
    found = list(islice(steps, most))
    yield found
    token = (steps.token or "") if len(found) == most else ""
    Walk.objects.using("default").filter(pk=walk.pk).update(token=token, walked=F("walked") + len(found))


def _by_forum(comments: Sequence[Comment]) -> Iterator[tuple[int, Sequence[int]]]:
    for forum_id in {comment.forum_id for comment in comments}:
        ids = [comment.pk for comment in comments if comment.forum_id == forum_id]
        for at in range(0, len(ids), STEP):
            yield forum_id, ids[at : at + STEP]


def _agree(row: Activity | None, told: Activity | None) -> bool:
    if row is None or told is None:
        return row is told
    return row.is_counted and says_the_same(row, told)


def _by(rows: QuerySet[Activity], key: str, keys: Sequence[int], number: Any) -> Mapping[int, int]:
    return dict(rows.filter(**{f"{key}__in": keys}).values_list(key).annotate(number))
