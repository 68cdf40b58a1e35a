"""What is odd in WordPress exports and in Disqus's own dialect of them, and what becomes of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from descant.exchange.reading.wxr import break_lines
from tests.descant.exchange.files import WXR, Sorted, comment, item, wordpress

SortText: TypeAlias = Callable[..., Sorted]


def test_an_item_is_a_thread_and_its_comments_are_in_it(sort_text: SortText) -> None:
    found = sort_text(wordpress(item("7", comment("50"), wp__comment_status="closed")), "wordpress")
    thread = found.thread("7")
    assert thread.urls == ("http://gazette.example/7/",)
    assert (thread.title, thread.closed) == ("Bread", True)
    assert thread.created_at == datetime(2012, 5, 1, 8, tzinfo=UTC)
    said = found.comment("50")
    assert (said.thread, said.text, said.author_name) == (thread.number, "Says 50", "Cy")
    assert (said.source, said.created_at) == ("wordpress", datetime(2012, 5, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize("wp", ["http://wordpress.org/export/1.0/", "https://wordpress.org/export/1.2/"])
def test_either_namespace_is_read(sort_text: SortText, wp: str) -> None:
    assert sort_text(wordpress(item("7", comment("50")), wp=wp), "wordpress").order() == ["50"]


def test_a_page_is_also_known_by_what_the_disqus_plugin_calls_it(sort_text: SortText) -> None:
    found = sort_text(wordpress(item("7")), "wordpress")
    assert found.thread("7").identifiers == ("7 http://gazette.example/?p=7",)


def test_disqus_s_own_dialect_names_the_identifier(sort_text: SortText) -> None:
    text = (
        WXR.format(wp="http://wordpress.org/export/1.0/")
        + "<item><title>Bread</title><link>http://gazette.example/bread</link>"
        "<dsq:thread_identifier>bread</dsq:thread_identifier>"
        "<wp:post_date_gmt>2012-05-01 08:00:00 GMT</wp:post_date_gmt>"
        "<wp:comment_status>open</wp:comment_status><wp:comment>"
        "<dsq:remote><dsq:id>1</dsq:id><dsq:avatar>http://ann.example/a.png</dsq:avatar></dsq:remote>"
        "<wp:comment_id>65</wp:comment_id><wp:comment_author>Ann</wp:comment_author>"
        "<wp:comment_date_gmt>2012-05-01 15:05:18</wp:comment_date_gmt>"
        "<wp:comment_content><![CDATA[Fresh bread]]></wp:comment_content>"
        "<wp:comment_approved>1</wp:comment_approved><wp:comment_parent>0</wp:comment_parent>"
        "</wp:comment></item></channel></rss>"
    )
    found = sort_text(text, "wordpress")
    assert found.thread("bread").identifiers == ("bread",)
    assert found.comment("65").text == "Fresh bread"


def test_replies_may_stand_before_their_parents(sort_text: SortText) -> None:
    found = sort_text(wordpress(item("7", comment("51", parent="50"), comment("50"))), "wordpress")
    assert (found.order(), found.parent_of("51")) == (["50", "51"], "50")


@pytest.mark.parametrize(
    ("approved", "state"),
    [("1", "shown"), ("0", "waiting"), ("spam", "spam"), ("trash", "deleted"), ("post-trashed", "hidden")],
)
def test_the_states_of_wordpress_are_kept(sort_text: SortText, approved: str, state: str) -> None:
    found = sort_text(wordpress(item("7", comment("50", approved=approved))), "wordpress")
    assert found.comment("50").state == state


def test_pingbacks_are_skipped_unless_asked_for(sort_text: SortText) -> None:
    text = wordpress(
        item(
            "7",
            comment("50", type="pingback"),
            comment("51", type="trackback"),
            comment("52", type="comment"),
        )
    )
    assert sort_text(text, "wordpress").order() == ["52"]
    assert sort_text(text, "wordpress", pingbacks=True).order() == ["50", "51", "52"]


def test_a_comment_that_the_disqus_plugin_synced_is_known_by_its_disqus_id(sort_text: SortText) -> None:
    rows = [comment("50", meta="900"), comment("51", meta="900"), comment("52", parent="51")]
    found = sort_text(wordpress(item("7", *rows)), "wordpress")
    said = found.comment("900")
    assert (said.source, said.elsewhere) == ("disqus", ("wordpress", "50"))
    assert found.report.comments.merged == 1
    assert found.parent_of("52") == "900"


def test_a_time_of_zeros_falls_back_to_the_local_one_and_then_to_the_thread_s(sort_text: SortText) -> None:
    zero = "0000-00-00 00:00:00"
    rows = [comment("50", date_gmt=zero), comment("51", date_gmt=zero, date=zero)]
    found = sort_text(wordpress(item("7", *rows)), "wordpress")
    assert found.comment("50").created_at == datetime(2012, 5, 1, 14, tzinfo=UTC)
    assert found.comment("51").created_at == datetime(2012, 5, 1, 8, tzinfo=UTC)


def test_menu_entries_and_unpublished_items_are_skipped_unless_somebody_spoke_there(
    sort_text: SortText,
) -> None:
    rows = [
        item("7", wp__post_type="nav_menu_item"),
        item("8", wp__status="draft"),
        item("9", comment("50"), wp__status="private"),
        item("10", comment("51"), wp__post_type="attachment", wp__status="inherit"),
    ]
    found = sort_text(wordpress(*rows), "wordpress")
    assert [each.source_ids for each in found.threads] == [("9",), ("10",)]
    assert [each.state for each in found.comments] == ["hidden", "shown"]
    assert found.thread("9").closed


def test_posts_that_share_a_guid_stay_apart(sort_text: SortText) -> None:
    rows = [item("7", guid="http://gazette.example/?p=7"), item("8", guid="http://gazette.example/?p=7")]
    assert len(sort_text(wordpress(*rows), "wordpress").threads) == 2


def test_many_comments_of_one_item_come_before_the_item_and_are_still_in_it(sort_text: SortText) -> None:
    rows = [comment(str(n)) for n in range(100, 400)]
    found = sort_text(wordpress(item("7", *rows), item("8", comment("9"))), "wordpress")
    assert [each.thread for each in found.comments] == [found.thread("7").number] * 300 + [
        found.thread("8").number
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\ntwo", "one<br>two"),
        ("one\r\n\r\ntwo", "one<br><br>two"),
        ("<p>one</p>\n\n<p>two</p>", "<p>one</p><p>two</p>"),
        ("one<br />\ntwo", "one<br />two"),
        ("see\n<blockquote cite='x'>\nthis\n</blockquote>", "see<blockquote cite='x'>this</blockquote>"),
    ],
)
def test_a_bare_newline_is_a_line_break(written: str, shown: str) -> None:
    assert break_lines(written) == shown


def test_a_million_newlines_cost_no_time() -> None:
    assert len(break_lines("x" + "\n" * 1_000_000 + "x")) == 4_000_002
    assert len(break_lines("<p " * 300_000)) == 900_000
