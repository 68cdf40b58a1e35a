"""``settle()``: a row for each comment that everybody may read, and totals that are the sums of these rows.

What a row says now less what it said before is what the totals gain, in the same transaction. So it does not matter how
often, or in which order, somebody is told that a comment has changed: who comes second finds nothing to add.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from descant.discussion.models import Comment
from descant.followups.models import Activity, ForumTotals, PersonTotals
from django_headroom.counters.adding import add_or_begin
from django_headroom.transactions import writing

STEP = 500
COLUMNS = ("user_id", "guest", "thread_id", "posted_at", "likes")


@dataclass(frozen=True)
class Settled:
    """What has changed of one comment; None: there is, or was, no row that counts."""

    before: Activity | None
    after: Activity | None


def settle(forum_id: int, ids: Collection[int]) -> int:
    """Make the rows of some comments true, and the totals with them; some hundred at a time.

    Returns:
        How many rows were not true.
    """
    with writing("default"):
        held = _hold(forum_id, ids)
        told = told_by(forum_id, ids)  # asked last: of two who are told at once the later one sees what is so
        found = [Settled(row if row.is_counted else None, told.get(pk)) for pk, row in held.items()]
        changed = [each for each in found if not _is_same(each)]
        _write(held, told, [each for each in changed if each.after])
        _add_to_people(changed)
        _add_to_forum(forum_id, changed)
    return len(changed)


def told_by(forum_id: int, ids: Collection[int]) -> dict[int, Activity]:
    """The rows that some comments should have; of those that not everybody may read, none."""
    shown = Comment.objects.of(forum_id).shown().filter(pk__in=ids)
    columns = ("pk", "author_id", "guest", "thread_id", "created_at", "ups")
    return {
        pk: Activity(
            comment_id=pk,
            forum_id=forum_id,
            user_id=author_id,
            guest="" if author_id else guest,
            thread_id=thread_id,
            posted_at=created_at,
            likes=ups if author_id else 0,
        )
        for pk, author_id, guest, thread_id, created_at, ups in shown.values_list(*columns)
    }


def says_the_same(one: Activity, other: Activity) -> bool:
    """Whether two rows of a comment say the same."""
    return all(getattr(one, name) == getattr(other, name) for name in COLUMNS)


def _is_same(each: Settled) -> bool:
    if each.before is None or each.after is None:
        return each.before is each.after
    return says_the_same(each.before, each.after)


def _hold(forum_id: int, ids: Collection[int]) -> dict[int, Activity]:
    """The row of each comment, made where there was none, is ours until the end; who else comes for it waits."""
    now = timezone.now()
    rows = [Activity(comment_id=pk, forum_id=forum_id, thread_id=0, posted_at=now) for pk in sorted(ids)]
    Activity.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["comment"], update_fields=["forum_id"]
    )
    return {row.comment_id: row for row in Activity.objects.filter(comment__in=ids).order_by("comment", "id")}


def _write(held: Mapping[int, Activity], told: Mapping[int, Activity], kept: Iterable[Settled]) -> None:
    gone = held.keys() - told.keys()
    if gone:
        Activity.objects.filter(comment__in=gone).delete()
    rows = [each.after for each in kept if each.after]
    if rows:
        Activity.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["comment"], update_fields=list(COLUMNS)
        )


def _add_to_people(changed: Iterable[Settled]) -> None:
    people: dict[int, Counter[str]] = defaultdict(Counter)
    for each in changed:
        for row, by in ((each.before, -1), (each.after, 1)):
            if row is not None and row.user_id is not None:
                people[row.user_id].update(comments=by, likes=by * (row.likes or 0))
    more = {user_id: amounts for user_id, amounts in people.items() if any(amounts.values())}
    add_or_begin(PersonTotals, more, using="default")


def _add_to_forum(forum_id: int, changed: Iterable[Settled]) -> None:
    """The forum's row is held from here on, so that nobody else finds a thread to be the first or last of its own."""
    threads: dict[int, Counter[str]] = defaultdict(Counter)
    ids = set()
    for each in changed:
        for row, when in ((each.before, "before"), (each.after, "after")):
            if row is not None:
                threads[row.thread_id][when] += 1
                ids.add(row.comment_id)
    more = {thread: counted for thread, counted in threads.items() if counted["before"] != counted["after"]}
    if not more:
        return
    comments = sum(counted["after"] - counted["before"] for counted in more.values())
    add_or_begin(ForumTotals, {forum_id: {"comments": comments}}, using="default")
    others = Activity.objects.exclude(comment__in=ids)
    turned = [
        bool(counted["after"]) - bool(counted["before"])
        for thread, counted in more.items()
        if bool(counted["after"]) != bool(counted["before"])
        and not others.filter(thread_id=thread, likes__isnull=False).exists()
    ]
    if sum(turned):
        add_or_begin(ForumTotals, {forum_id: {"threads": sum(turned)}}, using="default")
