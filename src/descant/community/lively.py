"""What goes on in a forum: the latest comments, the threads that are busy, and the people who agreed to be seen.

*Busy* is told from the latest 500 comments of the last 30 days: each counts one for its thread, and one more for each
vote that it is ahead, ten at most. So the work is the same for a forum of any size, and no single comment carries a
thread.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from descant.accounts.models import Profile
from descant.community.paging import page_of
from descant.discussion.models import Comment, Thread
from descant.discussion.reading.by_time import Moment
from descant.discussion.seeing import may_see
from descant.forums.models import Forum
from django_headroom import replicas
from django_headroom.joins import attach

LOOKED_AT = 500
LOOKED_BACK = timedelta(days=30)
VOTES_MOST = 10
THREADS = 8
PEOPLE = 12


@dataclass(frozen=True)
class Person:
    """Somebody who agreed to be seen here, and how often she wrote lately."""

    profile: Profile
    comments: int


@dataclass(frozen=True)
class Lively:
    """What a page of a forum shows; threads and people are on the first one only."""

    recent: Sequence[Comment]
    next_cursor: str
    profiles: dict[int, Profile]
    busy: Sequence[Thread] = field(default_factory=tuple)
    people: Sequence[Person] = field(default_factory=tuple)


def read_forum(*, forum: Forum, before: Moment | None) -> Lively:
    """A page of a forum; five queries at most, all bounded.

    Args:
        before: where the page begins, as an earlier one said.
    """

    def reading(alias: str) -> tuple[list[Comment], str, Sequence[Any], Sequence[Thread]]:
        shown = Comment.objects.of(forum).using(alias).shown()
        rows = shown.select_related("thread").defer("author_email")
        recent, cut = page_of(rows, "created_at", before)
        if before is not None:
            return recent, cut, (), ()
        late = shown.filter(created_at__gte=timezone.now() - LOOKED_BACK).order_by("-created_at", "-id")
        lately = list(late.values_list("thread", "author", "ups", "downs")[:LOOKED_AT])
        return recent, cut, lately, _busiest(Thread.objects.of(forum).using(alias), lately)

    found, cut, lately, busy = replicas.read(forum.partition, reading)
    recent = [comment for comment in attach(found, "author") if may_see(comment, None)]
    wrote = Counter(author for _, author, _, _ in lately if author)
    profiles = profiles_on(forum, {*wrote, *(comment.author_id for comment in recent if comment.author_id)})
    people = [Person(profiles[user], times) for user, times in wrote.most_common() if user in profiles]
    return Lively(recent, cut, profiles, busy, people[:PEOPLE])


def profiles_on(forum: Forum, user_ids: Iterable[int]) -> dict[int, Profile]:
    """The profiles of those among some people who agreed to be seen on a forum, by user."""
    agreed = Q(scope=Profile.Scope.EVERYWHERE) | Q(scope=Profile.Scope.FORUMS, shown_on__forum_id=forum.pk)

    def reading(alias: str) -> dict[int, Profile]:
        found = Profile.objects.using(alias).filter(agreed, user__in=list(user_ids), user__is_active=True)
        return {profile.user_id: profile for profile in found.select_related("user")}

    return replicas.read("default", reading, own=False)


def _busiest(threads: Any, lately: Sequence[tuple[int, int | None, int, int]]) -> list[Thread]:
    weights: Counter[int] = Counter()
    for thread_id, _, ups, downs in lately:
        weights[thread_id] += 1 + min(max(ups - downs, 0), VOTES_MOST)
    chosen = [thread_id for thread_id, _ in weights.most_common(THREADS)]
    by_id = {thread.pk: thread for thread in threads.filter(pk__in=chosen)}
    return [by_id[thread_id] for thread_id in chosen if thread_id in by_id]
