"""A page costs the same in a thread of 100 comments and of 100,000."""

import pytest
from django.db import connections
from django.db.models import F

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Comment
from descant.discussion.reading import ORDERS, Page, read_page
from descant.discussion.tree import cursors
from descant.discussion.tree.cursors import AfterTop
from descant.discussion.tree.fetching import key_in
from descant.discussion.tree.recounting import recount_threads
from descant.operate.seeding import seed_forum
from django_headroom.testing import queries_counted, rows_touched, scans
from django_headroom.updates import change
from tests.descant.conftest import Cast

QUERIES, ROWS = 6, 200


@pytest.mark.parametrize("comments", [100, 100_000])
def test_a_page_touches_few_rows_however_large_the_thread(cast: Cast, comments: int) -> None:
    seed_forum(forum=cast.gazette, threads=1, comments=comments, quiet=True)
    seed_forum(forum=cast.gazette, threads=10, comments=5_000, seed=2, quiet=True)
    with connections["p1"].cursor() as cursor:
        cursor.execute("ANALYZE")
    for order in ORDERS:
        costs_little(cast, order, "")
        far = cursor_in_the_middle(cast, order)
        page = costs_little(cast, order, far)
        costs_little(cast, order, page.next_cursor or far)
        costs_little(cast, order, page.lines[-1].comment.anchor)
        branch = next((line.more_cursor for line in page.lines if line.more_cursor), far)
        costs_little(cast, order, branch)


def test_what_is_hidden_costs_a_page_nothing(cast: Cast) -> None:
    """Ninety-nine of a hundred are hidden or wait; those with a shown answer stand as marks."""
    seed_forum(forum=cast.gazette, threads=1, comments=20_000, quiet=True)
    comments = Comment.objects.of(cast.gazette)
    comments.annotate(part=F("id") / 1024 % 100).exclude(part=7).update(state="hidden", drawn=False)
    comments.filter(drawn=False).annotate(part=F("id") / 1024 % 2).filter(part=1).update(state="waiting")
    list(recount_threads(forum=cast.gazette))
    with connections["p1"].cursor() as cursor:
        cursor.execute("ANALYZE")
    for order in ORDERS:
        page = costs_little(cast, order, "")
        while page.next_cursor:
            page = costs_little(cast, order, page.next_cursor)


def test_a_link_from_before_an_import_is_found_by_index(cast: Cast) -> None:
    seed_forum(forum=cast.gazette, threads=1, comments=5_000, quiet=True)
    wanted = Comment.objects.of(cast.gazette).order_by("id")[2_000]
    change(wanted, source="disqus", source_id="4711")
    with connections["p1"].cursor() as cursor:
        cursor.execute("ANALYZE")
    page = costs_little(cast, "best", "comment-4711")
    assert wanted in [line.comment for line in page.lines]


SEEDED = PageAddress(identifier="seed-1-1")


def costs_little(cast: Cast, order: str, cursor: str) -> Page:
    with queries_counted() as spent:
        page = read_page(forum=cast.gazette, page=SEEDED, order=order, cursor=cursor)
    assert page.lines
    assert spent.count <= QUERIES, spent
    if connections["p1"].vendor == "postgresql":
        assert rows_touched(spent, "p1") <= ROWS, spent
    else:
        assert "discussion_comment" not in " ".join(scans(spent, "p1")), spent
    return page


def cursor_in_the_middle(cast: Cast, order: str) -> str:
    tops = Comment.objects.of(cast.gazette).drawn().filter(parent=None, thread__title="Seeded article 1")
    middle = tops.order_by("created_at", "id")[tops.count() // 2]
    return cursors.write(AfterTop(key_in(order, middle), middle.pk))
