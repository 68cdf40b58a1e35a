"""Lists of comments, wherever they are of: which states, with what beside them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from descant.api.arguments import related
from descant.api.declaring import Asked, Page
from descant.api.declaring.parameters import some_of as any_of
from descant.api.finding import identifiers_of
from descant.api.objects.forums import forum_object
from descant.api.objects.posts import post_object
from descant.api.objects.shapes import Post
from descant.api.objects.threads import thread_object
from descant.api.reading.paging import page_of, some_of
from descant.discussion.models import Comment
from descant.discussion.reading.lately import in_order
from descant.discussion.reading.pages import Line
from django_headroom import replicas
from django_headroom.joins import attach

State = Comment.State
INCLUDED: dict[str, Sequence[Any]] = {
    "approved": (State.SHOWN,),
    "unapproved": (State.WAITING,),
    "spam": (State.SPAM,),
    "deleted": (State.HIDDEN, State.DELETED),
}
INCLUDE = any_of(
    "include",
    "In which states; guests are told what is approved, whatever they ask for.",
    (*INCLUDED, "flagged"),
    ("approved",),
)
RELATED = related("forum", "thread")
BESIDE = (INCLUDE, RELATED)


def posts_page(asked: Asked, narrow: Callable[[str], Sequence[Any]]) -> Page[Post]:
    """A page of comments, read from one copy of the forum's partition.

    Args:
        narrow: given the copy, the comments that are meant, as querysets of which each has an index in order of time.
    """

    def reading(alias: str) -> list[Comment]:
        lanes = [lane for rows in narrow(alias) for lane in _lanes(rows, asked)]
        return some_of(lanes, asked)

    found = replicas.read(asked.forum.partition, reading)
    return page_of(found, asked, lambda comments: posts_told(comments, asked))


def posts_told(comments: Iterable[Comment], asked: Asked) -> list[Post]:
    """Comments with their authors, and with the whole threads and forum where these were asked for."""
    found = attach(comments, "author", "thread")
    told = [post_object(comment, asked.forum, asked.viewer) for comment in found]
    beside = asked[RELATED]
    if "thread" in beside and found:
        threads = {comment.thread_id: comment.thread for comment in found}
        names = identifiers_of(asked.forum, threads, using=found[0]._state.db or "")
        whole = {key: thread_object(thread, asked.forum, names[key]) for key, thread in threads.items()}
        for comment, post in zip(found, told, strict=True):
            post["thread"] = whole[comment.thread_id]
    if "forum" in beside:
        for post in told:
            post["forum"] = forum_object(asked.forum)
    return told


def lines_told(lines: Sequence[Line], asked: Asked) -> list[Post]:
    """The comments of a page's lines: read whole, for a page needs less of each; told in the order of the page."""
    rows = Comment.objects.of(asked.forum).select_related("thread").defer("author_email")
    return posts_told(in_order(rows, [line.comment.pk for line in lines]), asked)


def _lanes(rows: Any, asked: Asked) -> list[Any]:
    """One for each state that she may read."""
    included = asked[INCLUDE] if asked.viewer else ("approved",)
    rows = rows.select_related("thread").defer("author_email")
    lanes = [rows.filter(state=state) for name in included for state in INCLUDED.get(name, ())]
    if "flagged" in included and "approved" not in included:
        lanes.append(rows.filter(needs_look=True))
    return lanes
