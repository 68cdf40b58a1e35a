"""Lists of comments, wherever they are of: which states, with what beside them."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from descant.api.arguments import related
from descant.api.declaring import Asked, Page
from descant.api.declaring.parameters import some_of as any_of
from descant.api.declaring.parameters import text
from descant.api.finding import identifiers_of
from descant.api.objects.forums import forum_object
from descant.api.objects.posts import author_of, post_object
from descant.api.objects.shapes import Post
from descant.api.objects.threads import thread_object
from descant.api.reading.paging import page_of, some_of
from descant.discussion.models import Comment, Thread
from descant.discussion.reading.lately import in_order
from descant.discussion.reading.pages import Line
from descant.discussion.reading.searching import with_words
from descant.discussion.reading.shown import read_shown
from descant.forums.directory import forum_with_id
from descant.forums.models import Forum
from descant.forums.signing_on.people import known_to_site, organisation_of
from django_headroom.joins import attach

State = Comment.State
INCLUDED: dict[str, Sequence[Any]] = {
    "approved": (State.SHOWN,),
    "unapproved": (State.WAITING,),
    "spam": (State.SPAM,),
    "deleted": (State.HIDDEN, State.DELETED),
}
_OF_APPROVED = ("flagged", "highlighted")
INCLUDE = any_of(
    "include",
    "In which states, and of what is approved perhaps only what is pinned (`highlighted`) or to be looked at"
    " (`flagged`); guests are told what is approved, whatever they ask for.",
    (*INCLUDED, *_OF_APPROVED),
    ("approved",),
)
QUERY = text("query", "Words that must be in it, or words that begin so.", most=200)
RELATED = related("forum", "thread")
BESIDE = (INCLUDE, RELATED)


def with_query(rows: Any, asked: Asked, alias: str) -> Any:
    """Those of some comments that have the words which are asked for, if some are."""
    return rows.filter(pk__in=with_words(asked.forum, asked[QUERY], alias)) if asked[QUERY] else rows


def posts_page(asked: Asked, narrow: Callable[[str], Sequence[Any]], *, skip: int = 0) -> Page[Post]:
    """A page of comments, read from one copy of the forum's partition.

    Args:
        narrow: given the copy, the comments that are meant, as querysets of which each has an index in order of time.
        skip: so many are passed over before.
    """

    def reading(alias: str) -> list[Comment]:
        return some_of(lanes_of(narrow(alias), asked), asked, skip=skip)

    found = read_shown(asked.forum, reading)
    return page_of(found, asked, lambda comments: posts_told(comments, asked))


def posts_told(comments: Iterable[Comment], asked: Asked) -> list[Post]:
    """Comments with their authors, and with the whole threads and forum where these were asked for."""
    found = attach(comments, "author", "thread")
    told = [post_object(comment, asked.forum, asked.viewer) for comment in found]
    if asked.viewer:
        _say_who_is_the_sites(told, found, asked.forum)
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


def _say_who_is_the_sites(told: Sequence[Post], comments: Sequence[Comment], forum: Forum) -> None:
    """By the ids that the site itself has told of its people; nobody else is told these."""
    authors = {user.pk: user for comment in comments if (user := author_of(comment))}
    known = known_to_site(forum, authors.values())
    domain = forum_with_id(organisation_of(forum)).name if known else ""
    for post, comment in zip(told, comments, strict=True):
        if post["author"] and comment.author_id in known:
            post["author"]["remote"] = {"domain": domain, "identifier": known[comment.author_id]}


def lines_told(lines: Sequence[Line], asked: Asked) -> list[Post]:
    """The comments of a page's lines: read whole, for a page needs less of each; told in the order of the page."""
    rows = Comment.objects.of(asked.forum).select_related("thread").defer("author_email")
    return posts_told(in_order(rows, [line.comment.pk for line in lines]), asked)


def lanes_of(chosen: Sequence[Any], asked: Asked) -> list[Any]:
    """Of each choice of comments one for each state that she may read."""
    return [lane for rows in chosen for lane in _lanes(rows, asked)]


def _lanes(rows: Any, asked: Asked) -> list[Any]:
    included = set(asked[INCLUDE])
    if not asked.viewer:
        included = {"highlighted"} if included == {"highlighted"} else {"approved"}
    rows = rows.select_related("thread").defer("author_email")
    lanes = [rows.filter(state=state) for name in sorted(included) for state in INCLUDED.get(name, ())]
    if "approved" not in included:
        some = {
            "flagged": Q(needs_look=True),
            "highlighted": Q(state=State.SHOWN, pk__in=_pinned(asked, rows.db)),
        }
        chosen = [some[name] for name in _OF_APPROVED if name in included]
        lanes += [rows.filter(reduce(or_, chosen))] if chosen else []
    return lanes


def _pinned(asked: Asked, alias: str) -> Any:
    threads = Thread.objects.of(asked.forum).using(alias)
    return threads.filter(pinned__isnull=False).values("pinned")
