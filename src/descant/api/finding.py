"""Finding the rows that a request names, within the forum of its key."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from descant.api.arguments import ThreadName
from descant.api.declaring import Asked
from descant.discussion.addressing.finding import ends_of, find_thread
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.forums.models import Forum, categories_of

NO_THREAD = "Invalid argument, 'thread': there is no such thread in this forum."


def thread_named(forum: Forum, name: ThreadName, *, using: str = "") -> Thread:
    """The thread that is named; of one that was merged into another, the other.

    Args:
        using: the copy of the forum's partition to ask; by default the primary.

    Raises:
        Thread.DoesNotExist: there is none.
    """
    rows = Thread.objects.of(forum).using(using or forum.partition)
    if name.id is not None:
        found = rows.filter(pk=name.id).first()
    else:
        found = find_thread(forum, name.page, using=using)
    if found is None:
        raise Thread.DoesNotExist(NO_THREAD)
    return ends_of(forum, [found], using=using or forum.partition)[found.pk]


def thread_told(asked: Asked, name: ThreadName, *, using: str = "") -> Thread:
    """The thread that a reader names.

    Raises:
        Thread.DoesNotExist: there is none, or none that she is told of.
    """
    thread = thread_named(asked.forum, name, using=using)
    if not is_told(asked, thread):
        raise Thread.DoesNotExist(NO_THREAD)
    return thread


def is_told(asked: Asked, thread: Thread) -> bool:
    """Whether the reader is told of a thread at all: of one that was removed only moderators are."""
    return thread.state != Thread.State.REMOVED or asked.viewer is not None


def threads_named(forum: Forum, names: Sequence[ThreadName], *, using: str = "") -> list[Thread]:
    """The threads that are named, in two queries, in their order and each once; what is not there is left out.

    Of one that was merged into another, the other, in a query more.
    """
    alias = using or forum.partition
    wanted = [name.page.digests()[0] for name in names if name.id is None]
    addresses = ThreadAddress.objects.of(forum).using(alias).filter(digest__in=wanted)
    by_digest = dict(addresses.values_list("digest", "thread_id")) if wanted else {}
    chosen = [by_digest.get(name.page.digests()[0]) if name.id is None else name.id for name in names]
    rows = Thread.objects.of(forum).using(alias)
    by_id = rows.in_bulk({key for key in chosen if key})
    ends = ends_of(forum, by_id.values(), using=alias)
    found = [ends[key] for key in chosen if key in ends]
    return list({thread.pk: thread for thread in found}.values())


def identifiers_of(forum: Forum, threads: Iterable[int], *, using: str) -> Mapping[int, Sequence[str]]:
    """The pages' own names of some threads, one query for all."""
    addresses = ThreadAddress.objects.of(forum).using(using)
    rows = addresses.filter(thread__in=list(threads), kind=ThreadAddress.Kind.IDENTIFIER)
    found: dict[int, list[str]] = defaultdict(list)
    for thread_id, value in rows.order_by("value", "id").values_list("thread_id", "value"):
        found[thread_id].append(value)
    return found


def post_with_id(forum: Forum, key: int, *, using: str = "") -> Comment:
    """A comment of the forum. Raises: Comment.DoesNotExist."""
    rows = Comment.objects.of(forum).using(using or forum.partition).select_related("thread")
    found: Comment | None = rows.defer("author_email").filter(pk=key).first()
    if found is None:
        raise Comment.DoesNotExist("Invalid argument, 'post': there is no such comment in this forum.")
    return found


def comments_named(forum: Forum, ids: Sequence[int]) -> list[Comment]:
    """Comments of these ids with their threads, in their order and each once.

    Raises:
        Comment.DoesNotExist: one of them is not there.
    """
    rows = Comment.objects.of(forum).filter(pk__in=ids).select_related("thread")
    found = {comment.pk: comment for comment in rows}
    if found.keys() != set(ids):
        raise Comment.DoesNotExist("Invalid argument, 'post': there is no such comment in this forum.")
    return [found[each] for each in dict.fromkeys(ids)]


def in_categories(
    rows: QuerySet[Any], forum: Forum, numbers: Sequence[int], *, thread: str = ""
) -> list[Any]:
    """Those of some threads that are of these categories: a query for each of them, which its own index answers.

    Args:
        numbers: of the categories; none are all.
        thread: of rows that are no threads, what leads to theirs: ``thread__``.
    """
    every = [category.pk for category in categories_of(forum)]
    chosen = {*numbers} & {*every}
    if not numbers or len(chosen) == len(every):
        return [rows]
    kept = [None if number == forum.pk else number for number in sorted(chosen)]
    return [rows.filter(**{f"{thread}category": number}) for number in kept]
