"""What is odd in real Disqus exports, and what becomes of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from tests.descant.exchange.files import NOON, Sorted, disqus, post, thread

SortText: TypeAlias = Callable[..., Sorted]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_comment_keeps_its_text_author_and_time(sort_text: SortText) -> None:
    message = "<p>One<br>two</p>\n<pre><code>a\n\tb &amp; c</code></pre>"
    found = sort_text(disqus(thread(), post("5", message=message, createdAt="2012-05-02T01:02:03Z"))).comment(
        "5"
    )
    assert (found.text, found.format, found.state) == (message, "html", "shown")
    assert (found.author_name, found.author_email) == ("Cy", "cy@reader.example")
    assert found.created_at == at("2012-05-02 01:02:03")


def test_a_post_without_own_id_is_known_by_its_text_id(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post(None, id="300")))
    assert found.order() == ["id:300"]


def test_a_text_id_is_not_taken_for_the_same_number_as_an_own_id(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post(None, id="300"), post("300"), post("301", parent="300")))
    assert sorted(found.order()) == ["300", "301", "id:300"]
    assert found.parent_of("301") == "300"


def test_a_post_without_any_id_is_skipped(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post(None)))
    assert "it has no id to know it by again" in found.remarks()


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author></author>", ""),
        ("<author><email/><name>Ann</name></author>", "Ann"),
        ("<author><username>ann1</username></author>", "ann1"),
    ],
)
def test_an_author_may_lack_anything(sort_text: SortText, author: str, name: str) -> None:
    found = sort_text(disqus(thread(), post("5", more=author))).comment("5")
    assert (found.author_name, found.author_email) == (name, "")


def test_the_whole_author_may_be_missing(sort_text: SortText) -> None:
    text = disqus(thread(), post("5", more="<author/>")).replace("<author/>", "")
    assert sort_text(text).comment("5").author_name == ""


def test_parents_are_named_by_their_own_id_and_not_by_their_text_id(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post("1", id="2"), post("2", id="1"), post("3", parent="1")))
    assert found.parent_of("3") == "1"


def test_a_parent_may_stand_after_its_replies(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post("7", parent="6"), post("6", parent="5"), post("5")))
    assert found.order() == ["5", "6", "7"]


def test_comments_of_one_moment_stay_in_the_order_of_the_file(sort_text: SortText) -> None:
    assert sort_text(disqus(thread(), post("9"), post("5"), post("7"))).order() == ["9", "5", "7"]


@pytest.mark.parametrize(
    ("fields", "state", "marked_spam"),
    [
        ({"isDeleted": "true"}, "deleted", False),
        ({"isSpam": "true"}, "spam", True),
        ({"isDeleted": "true", "isSpam": "true"}, "deleted", True),
        ({"isApproved": "false"}, "waiting", False),
        ({"isApproved": "true"}, "shown", False),
        ({"isSpam": "123"}, "shown", False),
        ({"isDeleted": None, "isSpam": None}, "shown", False),
    ],
)
def test_deleted_spam_and_waiting_states_are_kept(
    sort_text: SortText, fields: dict[str, str | None], state: str, marked_spam: bool
) -> None:
    found = sort_text(disqus(thread(), post("5", **fields))).comment("5")
    assert (found.state, found.marked_spam) == (state, marked_spam)


def test_a_deleted_post_without_text_and_author_is_a_tombstone_above_its_replies(sort_text: SortText) -> None:
    gone = post("5", isDeleted="true", message="", more="<author/>")
    found = sort_text(disqus(thread(), gone, post("6", parent="5")))
    assert found.parent_of("6") == "5"
    assert (found.report.comments.tombstones, found.report.comments.imported) == (1, 1)


def test_a_reply_to_spam_keeps_its_parent(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post("5", isSpam="true"), post("6", parent="5")))
    assert found.parent_of("6") == "5"


def test_a_parent_the_file_lacks_gets_one_mark_as_old_as_its_first_reply(sort_text: SortText) -> None:
    found = sort_text(
        disqus(thread(), post("6", parent="5", createdAt="2012-05-03T00:00:00Z"), post("7", parent="5"))
    )
    mark = found.comment("5")
    assert (mark.missing, mark.state, mark.text, mark.author_name) == (True, "deleted", "", "")
    assert mark.created_at == at("2012-05-01 12:00")
    assert found.parent_of("6") == found.parent_of("7") == "5"
    assert (found.report.marks, found.report.comments.read) == (1, 2)


def test_a_comment_that_answers_itself_stands_at_the_top(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post("5", parent="5")))
    assert found.parent_of("5") is None
    assert "it answers itself: it stands at the top" in found.remarks()


def test_a_ring_of_answers_is_cut_above_its_earliest_comment(sort_text: SortText) -> None:
    ring = [
        post("5", parent="7"),
        post("6", parent="5", createdAt="2012-05-01T11:00:00Z"),
        post("7", parent="6"),
        post("8", parent="7"),
    ]
    found = sort_text(disqus(thread(), *ring))
    assert [found.parent_of(each) for each in ("6", "7", "5", "8")] == [None, "6", "7", "7"]
    assert found.order()[0] == "6"


def test_a_chain_of_ten_thousand_answers_comes_in_order(sort_text: SortText) -> None:
    chain = [post(str(n), parent=str(n - 1) if n else None) for n in range(10_000)]
    assert sort_text(disqus(thread(), *reversed(chain))).order() == [str(n) for n in range(10_000)]


def test_a_time_without_zone_is_utc_and_an_offset_is_honoured(sort_text: SortText) -> None:
    times = {"5": "2012-05-01T12:00:00", "6": "2012-05-01T14:00:00+02:00"}
    found = sort_text(disqus(thread(), *(post(n, createdAt=time) for n, time in times.items())))
    assert found.comment("5").created_at == found.comment("6").created_at == at("2012-05-01 12:00")


def test_a_row_that_stands_twice_is_merged(sort_text: SortText) -> None:
    found = sort_text(
        disqus(thread("1"), thread("1"), post("5"), post("5", message="again"), post("6", parent="5"))
    )
    assert (found.report.threads.merged, found.report.comments.merged) == (1, 1)
    assert found.comment("5").text == "<p>Says 5</p>"
    assert found.parent_of("6") == "5"


def test_a_post_that_came_from_wordpress_says_so(sort_text: SortText) -> None:
    assert sort_text(disqus(thread(), post("5", id="wp_id=77"))).comment("5").elsewhere == ("wordpress", "77")


def test_names_are_matched_without_their_prefix(sort_text: SortText) -> None:
    text = (
        disqus(thread(), post("5"))
        .replace("dsq:", "d:")
        .replace("<post", "<x:post")
        .replace("</post", "</x:post")
    )
    assert sort_text(text).order() == ["5"]


def test_an_empty_export_is_read_and_adds_up(sort_text: SortText) -> None:
    assert sort_text(disqus()).report.comments.read == 0


def test_a_post_may_be_written_without_message(sort_text: SortText) -> None:
    assert sort_text(disqus(thread(), post("5", message=None, createdAt=NOON))).comment("5").text == ""
