"""What goes on in a forum: the latest comments, the threads that are busy, and the people who agreed to be seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from descant.accounts.models import Profile
from descant.accounts.showing import profiles_on
from descant.community.paging import page_of
from descant.discussion.models import Comment, Thread
from descant.discussion.reading.by_time import Moment
from descant.discussion.reading.lately import Said, busiest, said_lately
from descant.discussion.reading.shown import read_shown
from descant.discussion.seeing import may_see
from descant.followups.models import ForumTotals
from descant.followups.totals.reading import totals_of_forum
from descant.forums.models import Forum
from descant.switches import is_on
from django_headroom import replicas
from django_headroom.joins import attach

THREADS = 8
PEOPLE = 12


@dataclass(frozen=True)
class Person:
    """Somebody who agreed to be seen here, and how often she wrote lately."""

    profile: Profile
    comments: int


@dataclass(frozen=True)
class Lively:
    """What a page of a forum shows; threads and people are on the first one only, as are totals."""

    recent: Sequence[Comment]
    next_cursor: str
    profiles: dict[int, Profile]
    busy: Sequence[Thread] = field(default_factory=tuple)
    people: Sequence[Person] = field(default_factory=tuple)
    totals: ForumTotals | None = None


def read_forum(*, forum: Forum, before: Moment | None) -> Lively:
    """A page of a forum; six queries at most, all bounded. Without heavy orders it has the latest comments alone.

    Args:
        before: where the page begins, as an earlier one said.
    """

    def reading(alias: str) -> tuple[list[Comment], str, Sequence[Said], Sequence[Thread]]:
        shown = Comment.objects.of(forum).using(alias).shown()
        rows = shown.select_related("thread").defer("author_email")
        recent, cut = page_of(rows, "created_at", before)
        if before is not None or not is_on("heavy_orders", forum=forum.name):
            return recent, cut, (), ()
        lately = said_lately(forum, alias)
        return recent, cut, lately, busiest(Thread.objects.of(forum).using(alias), lately, THREADS)

    found, cut, lately, busy = read_shown(forum, reading)
    recent = [comment for comment in attach(found, "author") if may_see(comment, None)]
    wrote = Counter(said.author_id for said in lately if said.author_id)
    profiles = profiles_on(
        forum.pk, {*wrote, *(comment.author_id for comment in recent if comment.author_id)}
    )
    people = [Person(profiles[user], times) for user, times in wrote.most_common() if user in profiles]
    totals = None
    if before is None:
        totals = replicas.read("default", lambda alias: totals_of_forum(forum.pk, alias), own=False)
    return Lively(recent, cut, profiles, busy, people[:PEOPLE], totals)
