"""Reading threads, and the comments of one."""

from contextlib import nullcontext
from datetime import timedelta

from descant.api.arguments import (
    CURSOR,
    INTERVAL,
    LIMIT,
    ONLY_CATEGORY,
    PAGING,
    THREAD,
    THREADS,
    interval_of,
)
from descant.api.declaring import Asked, Page, endpoint
from descant.api.declaring.parameters import one_of, whole
from descant.api.finding import NO_THREAD, identifiers_of, in_categories, is_told, thread_told, threads_named
from descant.api.objects.shapes import PlacedPost, Post
from descant.api.objects.shapes import Thread as Told
from descant.api.reading.filters import FILTERS, wanted
from descant.api.reading.paging import cursor_of
from descant.api.reading.posts_of import BESIDE, QUERY, lines_told, posts_page, with_query
from descant.api.reading.posts_of import RELATED as WITH_POSTS
from descant.api.reading.threads_of import INCLUDE, RELATED, WHICH, threads_page, threads_read, which
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Thread
from descant.discussion.reading.lately import LOOKED_BACK, busy_ids, said_lately
from descant.discussion.reading.pages import LINES, Line, is_heavy, read_page
from descant.discussion.reading.pages import Page as Lines
from descant.discussion.reading.shown import comments_in
from descant.switches import heavy_order

BREAD = {"thread:ident": "bread"}
AS_READ = one_of("order", "The best first, or by time.", ("popular", "desc", "asc"), "popular")
WHOLE_PAGES = whole(
    "limit",
    f"About how many: as many pages of {LINES} lines, one at least.",
    least=1,
    most=100,
    default=LINES,
)
_ORDERS = {"popular": "best", "desc": "newest", "asc": "oldest"}


@endpoint("threads/details", takes=(THREAD, RELATED), example=BREAD)
def details(asked: Asked) -> Told:
    """A thread."""
    return threads_read(asked, lambda alias: [thread_told(asked, asked[THREAD], using=alias)])[0]


@endpoint("threads/set", takes=(THREADS, RELATED), example={"thread": ["{thread}", "ident:bread"]})
def some(asked: Asked) -> list[Told]:
    """Those threads, as far as they are there: how a page with many of them learns their counts."""
    return threads_read(asked, lambda alias: threads_named(asked.forum, asked[THREADS], using=alias))


@endpoint("threads/list", takes=(ONLY_CATEGORY, *WHICH, *PAGING, INCLUDE, RELATED), example={"limit": "2"})
def listed(asked: Asked) -> Page[Told]:
    """The threads of the forum."""
    return threads_page(
        asked, lambda alias: in_categories(which(asked, alias), asked.forum, asked[ONLY_CATEGORY])
    )


@endpoint("threads/listHot", takes=(ONLY_CATEGORY, LIMIT, RELATED))
def hot(asked: Asked) -> list[Told]:
    """The threads that are busy, the busiest first: by the latest 500 comments of the last 30 days."""
    return _busy(asked, LOOKED_BACK)


@endpoint("threads/listPopular", takes=(ONLY_CATEGORY, INTERVAL, LIMIT, RELATED), example={"interval": "30d"})
def popular(asked: Asked) -> list[Told]:
    """The threads that were busy in a time: by its latest 500 comments."""
    return _busy(asked, interval_of(asked))


@endpoint(
    "threads/listPosts", takes=(THREAD, *PAGING, FILTERS, QUERY, *BESIDE), example={**BREAD, "order": "asc"}
)
def list_posts(asked: Asked) -> Page[Post]:
    """The comments of a thread."""

    def narrow(alias: str) -> list[object]:
        thread = thread_told(asked, asked[THREAD], using=alias)
        rows = comments_in(thread, alias).filter(wanted(asked))
        return [with_query(rows, asked, alias)]

    return posts_page(asked, narrow)


@endpoint(
    "threads/listPostsThreaded", takes=(THREAD, AS_READ, WHOLE_PAGES, CURSOR, WITH_POSTS), example=BREAD
)
def list_posts_threaded(asked: Asked) -> Page[PlacedPost]:
    """The comments of a thread as its page shows them, each with its answers below it; read on, not back."""
    address, lines = _page_of(asked), list[Line]()
    page = _lines_from(asked, address, asked[CURSOR])
    if page.thread and not is_told(asked, page.thread):
        raise Thread.DoesNotExist(NO_THREAD)
    lines += page.lines
    while page.next_cursor and len(lines) + LINES <= asked[WHOLE_PAGES]:
        page = _lines_from(asked, address, page.next_cursor)
        lines += page.lines
    lines = [line for line in lines if line.kind != "stub"]
    depths = {str(line.comment.pk): line.level for line in lines}
    placed = [PlacedPost(**post, depth=depths[post["id"]]) for post in lines_told(lines, asked)]
    return Page(placed, cursor_of(on=page.next_cursor or None, last=page.next_cursor or None))


def _lines_from(asked: Asked, address: PageAddress, cursor: str) -> Lines:
    order = _ORDERS[asked[AS_READ]]
    with heavy_order(asked.forum.name) if is_heavy(order, cursor) else nullcontext():
        return read_page(forum=asked.forum, page=address, order=order, cursor=cursor)


def _busy(asked: Asked, back: timedelta) -> list[Told]:
    def reading(alias: str) -> list[Thread]:
        lately = said_lately(asked.forum, alias, back)
        lanes = in_categories(Thread.objects.of(asked.forum).using(alias), asked.forum, asked[ONLY_CATEGORY])
        busy = busy_ids(lately)[: None if asked[ONLY_CATEGORY] else asked[LIMIT]]
        found = {thread.pk: thread for rows in lanes for thread in rows.filter(pk__in=busy)}
        return [found[key] for key in busy if key in found][: asked[LIMIT]]

    with heavy_order(asked.forum.name):
        return threads_read(asked, reading)


def _page_of(asked: Asked) -> PageAddress:
    """What the page of a thread is called; a thread that was named by its id has to be looked up."""
    if asked[THREAD].id is None:
        return asked[THREAD].page
    thread = thread_told(asked, asked[THREAD])
    names = identifiers_of(asked.forum, [thread.pk], using=asked.forum.partition)[thread.pk]
    return PageAddress(names[0] if names else "", thread.url)
