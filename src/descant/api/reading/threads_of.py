"""Lists of threads, wherever they are of, with what beside them."""

from collections.abc import Callable, Sequence
from typing import Any

from descant.api.arguments import ONLY_THREADS, related
from descant.api.declaring import Asked, Page
from descant.api.declaring.parameters import row_ids
from descant.api.declaring.parameters import some_of as any_of
from descant.api.finding import identifiers_of, is_told, threads_named
from descant.api.objects.forums import category_object, forum_object
from descant.api.objects.shapes import Thread as Told
from descant.api.objects.threads import thread_object
from descant.api.reading.paging import page_of, some_of
from descant.discussion.models import Thread
from descant.forums.models import category_with
from django_headroom import replicas

STATES = {"open": Thread.State.OPEN, "closed": Thread.State.CLOSED, "killed": Thread.State.REMOVED}
INCLUDE = any_of(
    "include",
    "In which states; of those that were removed (`killed`) only moderators are told.",
    (*STATES,),
    ("open", "closed"),
)
RELATED = related("forum", "author", "category")
BEGUN_BY = row_ids(
    "author", "Only what these people began: pages begin threads here, so there is nothing.", most=100
)
WHICH = (ONLY_THREADS, BEGUN_BY)


def threads_page(asked: Asked, narrow: Callable[[str], Sequence[Any]]) -> Page[Told]:
    """A page of threads, in the order in which they began, read from one copy of the forum's partition.

    Args:
        narrow: given the copy, the threads that are meant, as querysets of which each has an index in this order.
    """
    wanted = [STATES[name] for name in asked[INCLUDE] if name != "killed" or asked.viewer]

    def reading(alias: str) -> list[Thread]:
        return some_of([rows.filter(state__in=wanted) for rows in narrow(alias)], asked)

    found = replicas.read(asked.forum.partition, reading)
    return page_of(found, asked, lambda threads: threads_told(threads, asked))


def which(asked: Asked, alias: str) -> Any:
    """Those threads alone that are asked for by name, if some are."""
    rows = Thread.objects.of(asked.forum).using(alias)
    if asked[BEGUN_BY]:
        return rows.none()
    if not asked[ONLY_THREADS]:
        return rows
    return rows.filter(
        pk__in=[each.pk for each in threads_named(asked.forum, asked[ONLY_THREADS], using=alias)]
    )


def threads_read(asked: Asked, choose: Callable[[str], Sequence[Thread]]) -> list[Told]:
    """Those of some threads that she is told of, chosen from one copy of the forum's partition."""
    found = replicas.read(asked.forum.partition, choose)
    return threads_told([thread for thread in found if is_told(asked, thread)], asked)


def threads_told(threads: Sequence[Thread], asked: Asked) -> list[Told]:
    """Threads with the names that their pages have for them, and whole what was asked for."""
    if not threads:
        return []
    names = identifiers_of(
        asked.forum, [thread.pk for thread in threads], using=threads[0]._state.db or asked.forum.partition
    )
    told = [thread_object(thread, asked.forum, names[thread.pk]) for thread in threads]
    for thread, each in zip(threads, told, strict=True):
        if "forum" in asked[RELATED]:
            each["forum"] = forum_object(asked.forum)
        if "category" in asked[RELATED]:
            each["category"] = category_object(category_with(asked.forum, thread.category_id), asked.forum)
    return told
