"""Lists of threads, wherever they are of, with what beside them."""

from collections.abc import Callable, Sequence
from typing import Any

from descant.api.arguments import ONLY_THREADS, related
from descant.api.declaring import Asked, Page
from descant.api.declaring.parameters import row_ids
from descant.api.declaring.parameters import some_of as any_of
from descant.api.finding import identifiers_of, threads_named
from descant.api.objects.forums import category_object, forum_object
from descant.api.objects.shapes import Thread as Told
from descant.api.objects.threads import thread_object
from descant.api.reading.paging import page_of, some_of
from descant.discussion.models import Thread
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


def threads_page(asked: Asked, narrow: Callable[[Asked, str], Any] | None = None) -> Page[Told]:
    """A page of the forum's threads, in the order in which they began.

    Args:
        narrow: those of them that are meant, in a copy of the forum's partition; all by default.
    """
    wanted = [STATES[name] for name in asked[INCLUDE] if name != "killed" or asked.viewer]

    def reading(alias: str) -> list[Thread]:
        return some_of([(narrow or _all)(asked, alias).filter(state__in=wanted)], asked)

    found = replicas.read(asked.forum.partition, reading)
    return page_of(found, asked, lambda threads: threads_told(threads, asked))


def which(asked: Asked, alias: str) -> Any:
    """Those threads alone that are asked for by name, if some are."""
    rows = _all(asked, alias)
    if asked[BEGUN_BY]:
        return rows.none()
    if not asked[ONLY_THREADS]:
        return rows
    return rows.filter(
        pk__in=[each.pk for each in threads_named(asked.forum, asked[ONLY_THREADS], using=alias)]
    )


def _all(asked: Asked, alias: str) -> Any:
    return Thread.objects.of(asked.forum).using(alias)


def threads_read(asked: Asked, choose: Callable[[str], Sequence[Thread]]) -> list[Told]:
    """Threads that are chosen from one copy of the forum's partition."""
    return threads_told(replicas.read(asked.forum.partition, choose), asked)


def threads_told(threads: Sequence[Thread], asked: Asked) -> list[Told]:
    """Threads with the names that their pages have for them, and whole what was asked for."""
    if not threads:
        return []
    names = identifiers_of(
        asked.forum, [thread.pk for thread in threads], using=threads[0]._state.db or asked.forum.partition
    )
    told = [thread_object(thread, asked.forum, names[thread.pk]) for thread in threads]
    whole: dict[str, Any] = {}
    if "forum" in asked[RELATED]:
        whole["forum"] = forum_object(asked.forum)
    if "category" in asked[RELATED]:
        whole["category"] = category_object(asked.forum)
    for each in told:
        each.update(whole)  # type: ignore[typeddict-item]  # the two that may be whole
    return told
