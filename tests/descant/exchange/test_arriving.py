"""What an import leaves in a forum, and what it leaves alone."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from descant.accounts.models import User
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread, make_thread
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.exchange.report import Report
from descant.followups.models import Activity
from descant.followups.totals.reading import totals_of_forum
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import said
from tests.descant.exchange.files import busy_file, comment, disqus, item, post, thread, wordpress

Bring = Callable[..., Report]


def test_threads_and_comments_arrive_whole(cast: Cast, bring: Bring) -> None:
    text = disqus(
        thread("1", id="bread", isClosed="true"),
        post("5", createdAt="2012-05-02T01:02:03Z", message="<p>Fresh<script>alert(1)</script></p>"),
        post("6", parent="5"),
    )
    report = bring(text)
    page = find_thread(cast.gazette, PageAddress(identifier="bread"))
    assert page is not None
    assert page == find_thread(cast.gazette, PageAddress(url="https://gazette.example/1/"))
    assert (page.title, page.state, page.comments_shown, page.version) == ("Bread", "closed", 2, 1)
    first, reply = said(cast.gazette, "5"), said(cast.gazette, "6")
    assert (first.format, first.html, first.created_at.isoformat()) == (
        "html",
        "<p>Fresh</p>",
        "2012-05-02T01:02:03+00:00",
    )
    assert (first.author_name, first.author_email, first.author_id) == ("Cy", "cy@reader.example", None)
    assert (reply.parent_id, reply.level, first.replies) == (first.pk, 1, 1)
    assert (report.threads.imported, report.comments.imported, report.rows_written()) == (1, 2, 3)


def test_authors_never_become_accounts(bring: Bring) -> None:
    before = User.objects.count()
    bring(busy_file())
    assert User.objects.count() == before


@pytest.mark.usefixtures("small_chunks")
def test_an_import_tells_nobody_and_counts_in_the_totals(cast: Cast, bring: Bring) -> None:
    bring(busy_file())
    said = {event.signal for alias in ("default", "p1", "p2") for event in Event.objects.using(alias)}
    assert said == {"comments_arrived"}
    while drain("p1"):
        pass
    shown = Comment.objects.of(cast.gazette).shown()
    totals = totals_of_forum(cast.gazette.pk)
    assert totals.comments == shown.count() == Activity.objects.count()
    assert totals.threads == shown.values("thread").distinct().count()
    bring(busy_file())
    while drain("p1"):
        pass
    assert totals_of_forum(cast.gazette.pk).comments == totals.comments, "the same file again"


@pytest.mark.usefixtures("small_chunks")
def test_a_thread_s_version_rises_once_for_each_chunk(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread(), *(post(str(n)) for n in range(10, 30))))
    assert Thread.objects.of(cast.gazette).get().version == 3


def test_a_comment_that_waits_or_is_spam_has_no_version(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread(), post("5", isSpam="true"), post("6", isApproved="false")))
    assert [said(cast.gazette, n).version for n in "56"] == [None, None]
    assert Thread.objects.of(cast.gazette).get().version == 0


def test_a_chain_is_stored_whole_and_drawn_in_eight_levels(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread(), *(post(str(n), parent=str(n - 1) if n > 10 else None) for n in range(10, 40))))
    rows = [said(cast.gazette, str(n)) for n in range(10, 40)]
    assert [row.level for row in rows] == [*range(8), *[7] * 22]
    assert all(below.parent_id == above.pk for above, below in pairwise(rows))
    assert [row.replies for row in (rows[0], rows[6], rows[7], rows[-1])] == [29, 23, 1, 0]


def test_an_import_joins_the_thread_its_page_has_here(cast: Cast, bring: Bring) -> None:
    here = make_thread(cast.gazette, PageAddress(url="https://gazette.example/1", title="Here"))
    mine = post_comment(forum=cast.gazette, thread=here, author=cast.cy, draft=Draft("Mine"))
    report = bring(disqus(thread("1", id="bread"), post("5")))
    assert said(cast.gazette, "5").thread_id == here.pk == mine.thread_id
    assert find_thread(cast.gazette, PageAddress(identifier="bread")) == here
    here.refresh_from_db()
    assert (here.comments_shown, here.title, report.threads.merged) == (2, "Here", 1)
    assert bring(disqus(thread("1", id="bread"), post("5"))).rows_written() == 0


def test_two_identifiers_of_one_link_are_two_threads_if_one_is_here_already(cast: Cast, bring: Bring) -> None:
    page = PageAddress(identifier="cake", url="https://gazette.example/1")
    here = make_thread(cast.gazette, page)
    bring(disqus(thread("1", id="bread"), post("5")))
    assert said(cast.gazette, "5").thread_id != here.pk


def test_replies_made_here_stand_below_imported_comments(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread(), post("5")))
    above = said(cast.gazette, "5")
    post_comment(
        forum=cast.gazette, thread=above.thread, author=cast.cy, draft=Draft("Yes", parent_id=above.pk)
    )
    bring(disqus(thread(), post("5"), post("6", parent="5")))
    assert said(cast.gazette, "5").replies == 2


def test_another_forum_is_not_touched(cast: Cast, bring: Bring) -> None:
    bring(busy_file())
    assert not Comment.objects.of(cast.tribune).exists()
    bring(busy_file(), forum=cast.tribune)
    assert Comment.objects.of(cast.tribune).count() == Comment.objects.of(cast.gazette).count()


def test_wordpress_after_disqus_brings_no_comment_twice(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread("1", link="http://gazette.example/7/"), post("900"), post("901", id="wp_id=51")))
    rows = [comment("50", meta="900"), comment("51", meta="901"), comment("52", parent="50")]
    report = bring(wordpress(item("7", *rows)), format="wordpress")
    assert (report.comments.known, report.rows_written(), report.threads.merged) == (2, 1, 1)
    assert said(cast.gazette, "52").parent_id == said(cast.gazette, "900").pk


def test_disqus_after_wordpress_knows_the_comments_that_came_from_there(cast: Cast, bring: Bring) -> None:
    bring(wordpress(item("7", comment("50"))), format="wordpress")
    text = disqus(
        thread("1", link="http://gazette.example/7"), post("900", id="wp_id=50"), post("901", parent="900")
    )
    report = bring(text)
    assert (report.comments.merged, report.comments.imported) == (1, 1)
    assert said(cast.gazette, "901").parent_id == said(cast.gazette, "50").pk
    assert bring(text).rows_written() == 0


def test_names_and_addresses_of_any_length_are_taken_as_far_as_they_go(cast: Cast, bring: Bring) -> None:
    long = "x" * 3000
    author = f"<author><name>{long}</name><email>{long}@x.example</email><link>http://{long}</link></author>"
    rows = [
        thread("1", id=long, link=f"http://gazette.example/{long}", title=long),
        thread(long, id="b", link="http://gazette.example/b"),
        post("5", more=author),
        post(long, long),
        post("7", long, parent=long),
    ]
    report = bring(disqus(*rows))
    kept = said(cast.gazette, "5")
    assert (len(kept.author_name), kept.author_email, kept.author_url) == (80, "", "")
    assert said(cast.gazette, "7").parent_id is not None
    assert "an address too long to be asked for: left out" in report.as_text()
    assert bring(disqus(*rows)).rows_written() == 0
