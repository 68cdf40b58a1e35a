"""Reading comments, of a whole forum or one by one."""

from typing import Any

from django.utils import timezone

from descant.api.arguments import (
    CURSOR,
    INTERVAL,
    LIMIT,
    ONLY_CATEGORY,
    ONLY_THREADS,
    PAGING,
    interval_of,
)
from descant.api.declaring import Asked, Page, endpoint
from descant.api.declaring.parameters import moment, one_of, row_id, whole
from descant.api.finding import in_categories, post_with_id, threads_named
from descant.api.objects.shapes import Post
from descant.api.reading.posts_of import (
    BESIDE,
    QUERY,
    RELATED,
    lanes_of,
    posts_page,
    posts_told,
    with_query,
)
from descant.discussion.models import Comment
from descant.discussion.reading.lately import LOOKED_AT
from descant.discussion.reading.shown import comments_in, read_shown
from descant.discussion.seeing import may_see
from descant.discussion.tree.paths import ancestors_in
from descant.switches import heavy_order

POST = row_id("post", "The comment's id.")
START = moment("start", "From this time on, as `since`.")
END = moment("end", "Up to this time.")
OFFSET = whole(
    "offset", "So many are passed over; `cursor` is the better way.", least=0, most=1_000, default=0
)
BEST = one_of("order", "By votes, or by how sure they are.", ("popular", "best"), "popular")


@endpoint("posts/details", takes=(POST, RELATED), example={"post": "{comment}"})
def details(asked: Asked) -> Post:
    """A comment."""
    return posts_told([_read(asked)], asked)[0]


@endpoint("posts/getContext", takes=(POST, RELATED), example={"post": "{reply}"})
def context(asked: Asked) -> list[Post]:
    """A comment, and before it what it answers, from the top of the thread down."""

    def reading(alias: str) -> list[Comment]:
        found = post_with_id(asked.forum, asked[POST], using=alias)
        rows = Comment.objects.of(asked.forum).using(alias).defer("author_email")
        above = rows.filter(thread=found.thread, pk__in=ancestors_in(found.path))
        return [*sorted(above, key=lambda comment: comment.path), found]

    read = read_shown(asked.forum, reading)
    return posts_told(_if_told(read, asked), asked)


@endpoint(
    "posts/list",
    takes=(ONLY_CATEGORY, ONLY_THREADS, *PAGING, OFFSET, START, END, QUERY, *BESIDE),
    example={"related": "thread", "limit": "2"},
)
def listed(asked: Asked) -> Page[Post]:
    """The comments of the forum, or of some of its threads; `since` with `order=asc` is how a program keeps up."""

    times = {"created_at__gte": asked[START], "created_at__lte": asked[END]}
    within = {side: at for side, at in times.items() if at}
    skip = 0 if asked[CURSOR] else asked[OFFSET]
    return posts_page(
        asked, lambda alias: [rows.filter(**within) for rows in _chosen(asked, alias)], skip=skip
    )


@endpoint(
    "posts/listPopular",
    takes=(ONLY_CATEGORY, ONLY_THREADS, INTERVAL, LIMIT, OFFSET, BEST, QUERY, *BESIDE),
    example={"interval": "30d"},
)
def popular(asked: Asked) -> list[Post]:
    """The comments that readers liked best, of the latest 500 of a time; of several threads 500 of each."""

    def reading(alias: str) -> list[Comment]:
        lately = timezone.now() - interval_of(asked)
        lanes = lanes_of([rows.filter(created_at__gte=lately) for rows in _chosen(asked, alias)], asked)
        return [row for lane in lanes for row in lane.order_by("-created_at", "-id")[:LOOKED_AT]]

    with heavy_order(asked.forum.name):
        found = read_shown(asked.forum, reading)
    by_votes = asked[BEST] == "popular"
    found.sort(key=lambda comment: comment.ups - comment.downs if by_votes else comment.score, reverse=True)
    return posts_told(found[asked[OFFSET] : asked[OFFSET] + asked[LIMIT]], asked)


def _chosen(asked: Asked, alias: str) -> list[Any]:
    """The comments of the categories and threads that are asked for, and with the words."""
    places = [Comment.objects.of(asked.forum).using(alias)]
    if asked[ONLY_THREADS]:
        threads = threads_named(asked.forum, asked[ONLY_THREADS], using=alias)
        places = [comments_in(thread, alias) for thread in threads]
    found = [with_query(rows, asked, alias) for rows in places]
    return [
        lane
        for rows in found
        for lane in in_categories(rows, asked.forum, asked[ONLY_CATEGORY], thread="thread__")
    ]


def _read(asked: Asked) -> Comment:
    found = read_shown(asked.forum, lambda alias: post_with_id(asked.forum, asked[POST], using=alias))
    return _if_told([found], asked)[0]


def _if_told(comments: list[Comment], asked: Asked) -> list[Comment]:
    """What waits or is spam is not there for those who may not read it; what was shown once leaves a mark."""
    asked_for = comments[-1]
    if asked_for.version is None and not may_see(asked_for, asked.viewer):
        raise Comment.DoesNotExist("Invalid argument, 'post': there is no such comment in this forum.")
    return comments
