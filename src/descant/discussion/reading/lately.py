"""What went on lately in a forum, told from its latest comments: the work is the same for a forum of any size.

A thread is *busy* by these: each comment counts one for it, and one more for each vote that it is ahead, ten at most.
So no single comment carries a thread.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from descant.discussion.models import Comment, Thread
from descant.forums.models import Forum

LOOKED_AT = 500
LOOKED_BACK = timedelta(days=30)
VOTES_MOST = 10


class Said(NamedTuple):
    """Of one of the latest comments: where, by whom, and what others thought of it."""

    thread_id: int
    author_id: int | None
    ups: int
    downs: int


def said_lately(forum: Forum, alias: str, back: timedelta = LOOKED_BACK) -> Sequence[Said]:
    """The latest comments that everybody may read."""
    rows = Comment.objects.of(forum).using(alias).shown().filter(created_at__gte=timezone.now() - back)
    found = rows.order_by("-created_at", "-id").values_list("thread", "author", "ups", "downs")
    return [Said(*row) for row in found[:LOOKED_AT]]


def busiest(threads: Any, lately: Sequence[Said], most: int) -> list[Thread]:
    """The threads that are busy, of a queryset, the busiest first."""
    return in_order(threads, busy_ids(lately)[:most])


def busy_ids(lately: Sequence[Said]) -> list[int]:
    """The ids of the threads that were written in, the busiest first."""
    weights: Counter[int] = Counter()
    for said in lately:
        weights[said.thread_id] += 1 + min(max(said.ups - said.downs, 0), VOTES_MOST)
    return [thread_id for thread_id, _ in weights.most_common()]


def in_order(rows: Any, chosen: Sequence[int]) -> list[Any]:
    """The rows with these ids, in the order of the ids; one that is not there is left out."""
    by_id = {row.pk: row for row in rows.filter(pk__in=chosen)}
    return [by_id[key] for key in chosen if key in by_id]
