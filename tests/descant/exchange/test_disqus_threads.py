"""What is odd in the threads of real Disqus exports, and what becomes of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from descant.exchange.stream import ImportRefused
from tests.descant.exchange.files import Sorted, disqus, element, post, reference, thread

SortText: TypeAlias = Callable[..., Sorted]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_thread_keeps_identifier_url_title_closed_state_and_time(sort_text: SortText) -> None:
    found = sort_text(
        disqus(thread("1", id="1234 https://gazette.example/?p=1234", isClosed="true"))
    ).thread()
    assert found.identifiers == ("1234 https://gazette.example/?p=1234",)
    assert found.urls == ("http://gazette.example/1",)
    assert (found.title, found.closed, found.created_at) == ("Bread", True, at("2012-05-01 12:00"))


def test_a_thread_without_identifier_is_known_by_its_link(sort_text: SortText) -> None:
    found = sort_text(disqus(thread("1", id=""))).thread()
    assert (found.identifiers, found.urls) == ((), ("http://gazette.example/1",))


def test_a_thread_without_link_is_known_by_its_identifier(sort_text: SortText) -> None:
    found = sort_text(disqus(thread("1", id="bread", link=""))).thread()
    assert (found.identifiers, found.urls) == (("bread",), ())


def test_a_thread_without_any_id_is_skipped_with_its_line(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(None, id="", link="")))
    assert found.threads == []
    assert found.remarks() == {"it has no id, no identifier and no link": [3]}


def test_a_thread_without_comments_is_kept(sort_text: SortText) -> None:
    assert len(sort_text(disqus(thread("1"), thread("2"))).threads) == 2


def test_a_thread_may_be_named_by_the_text_of_its_id(sort_text: SortText) -> None:
    found = sort_text(disqus(thread("2", id="1"), post("5", None, more="<thread>1</thread>"), post("6", "2")))
    assert {each.thread for each in found.comments} == {found.thread("2").number}


def test_a_thread_may_stand_after_its_posts(sort_text: SortText) -> None:
    found = sort_text(disqus(post("5"), thread("1")))
    assert found.comment("5").thread == found.thread().number


def test_a_post_whose_thread_is_missing_is_skipped_and_reported(sort_text: SortText) -> None:
    found = sort_text(disqus(thread("1"), post("5", "1337"), post("6", None)))
    assert found.comments == []
    assert set(found.remarks()) == {"its thread is not in the file", "it names no thread"}


def test_an_author_s_link_is_kept_only_if_it_leads_to_the_web(sort_text: SortText) -> None:
    links = ["https://ann.example/", "javascript:alert(1)"]
    posts = [post(str(n), more=f"<author><link>{link}</link></author>") for n, link in enumerate(links, 5)]
    found = sort_text(disqus(thread(), *posts))
    assert [found.comment(n).author_url for n in ("5", "6")] == ["https://ann.example/", ""]


def test_a_reply_to_a_comment_of_another_thread_stands_at_the_top_and_is_reported(
    sort_text: SortText,
) -> None:
    found = sort_text(disqus(thread("1"), thread("2"), post("5", "1"), post("6", "2", parent="5")))
    assert found.parent_of("6") is None
    assert "it answers a comment of another thread: it stands at the top" in found.remarks()


def test_a_mark_for_a_missing_parent_stands_in_one_thread_only(sort_text: SortText) -> None:
    found = sort_text(
        disqus(thread("1"), thread("2"), post("6", "1", parent="5"), post("7", "2", parent="5"))
    )
    assert (found.parent_of("6"), found.parent_of("7"), found.report.marks) == ("5", None, 1)


def test_an_unreadable_time_becomes_its_thread_s_and_is_reported(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post("5", createdAt="2012-x05-03T00:00:00Z")))
    assert found.comment("5").created_at == at("2012-05-01 12:00")
    assert "its time cannot be read: it takes its thread's" in found.remarks()


def test_a_thread_is_at_least_as_old_as_its_first_comment(sort_text: SortText) -> None:
    found = sort_text(disqus(thread(), post("5", createdAt="2011-01-01T00:00:00Z"), post("6")))
    assert found.thread().created_at == at("2011-01-01 00:00")


def test_a_thread_without_a_time_takes_that_of_its_first_comment(sort_text: SortText) -> None:
    found = sort_text(disqus(thread("1", createdAt=None), post("5"), post("6", createdAt="")))
    assert found.thread().created_at == found.comment("6").created_at == at("2012-05-01 12:00")


def test_a_file_of_several_forums_is_refused_with_their_names(sort_text: SortText) -> None:
    both = disqus(thread("1"), thread("2", forum="tribune"))
    with pytest.raises(ImportRefused, match="gazette, tribune"):
        sort_text(both)
    with pytest.raises(ImportRefused, match="no forum 'herald'; it has gazette, tribune"):
        sort_text(both, source_forum="herald")


def test_one_forum_of_several_can_be_chosen_and_the_rest_is_reported(sort_text: SortText) -> None:
    rows = [
        thread("1"),
        thread("2", forum="tribune"),
        thread("3", forum=None),
        post("5", "1"),
        post("6", "2"),
    ]
    found = sort_text(disqus(*rows), source_forum="gazette")
    assert ([each.source_ids for each in found.threads], found.order()) == ([("1",)], ["5"])
    assert found.remarks().keys() == {
        "of a forum that was not asked for",
        "it names no forum, and the file has several",
    }


def test_a_thread_without_forum_has_that_of_its_category(sort_text: SortText) -> None:
    category = f'<category dsq:id="9">{element("forum", "tribune")}</category>'
    rows = [
        category,
        thread("1"),
        thread("2", forum=None, link="").replace("</thread>", f"{reference('category', '9')}</thread>"),
    ]
    with pytest.raises(ImportRefused, match="gazette, tribune"):
        sort_text(disqus(*rows))


def test_a_thread_without_forum_is_of_the_only_one(sort_text: SortText) -> None:
    assert len(sort_text(disqus(thread("1"), thread("2", forum=None))).threads) == 2


def test_threads_of_one_page_are_merged_and_keep_all_their_addresses(sort_text: SortText) -> None:
    rows = [
        thread(
            "1",
            id="old",
            link="http://gazette.example/bread/",
            isClosed="true",
            createdAt="2013-01-01T00:00:00Z",
        ),
        thread("2", id="new", link="https://gazette.example/bread", title=""),
        post("5", "1", createdAt="2013-01-02T00:00:00Z"),
        post("6", "2", parent="5", createdAt="2013-01-03T00:00:00Z"),
    ]
    found = sort_text(disqus(*rows))
    merged = found.thread("2")
    assert merged is found.thread("1")
    assert merged.identifiers == ("old", "new")
    assert merged.urls == ("http://gazette.example/bread/", "https://gazette.example/bread")
    assert (merged.closed, merged.created_at) == (False, at("2012-05-01 12:00"))
    assert found.parent_of("6") == "5"
    assert found.report.threads.merged == 1


def test_a_thread_can_show_that_two_earlier_ones_are_one_page(sort_text: SortText) -> None:
    rows = [thread("1", id="a"), thread("2", id="b"), thread("3", id="b", link="https://gazette.example/1/")]
    found = sort_text(disqus(*rows, post("5", "2")))
    assert [each.source_ids for each in found.threads] == [("1", "2", "3")]
    assert found.comment("5").thread == found.thread("1").number


def test_threads_of_one_link_can_be_kept_apart(sort_text: SortText) -> None:
    link = "http://gazette.example/app"
    found = sort_text(disqus(thread("1", id="a", link=link), thread("2", id="b", link=link)), apart=True)
    assert [each.source_ids for each in found.threads] == [("1",), ("2",)]


def test_threads_of_one_title_stay_apart(sort_text: SortText) -> None:
    assert len(sort_text(disqus(thread("1"), thread("2"))).threads) == 2


def test_comments_of_a_deleted_thread_are_hidden_and_the_thread_is_closed(sort_text: SortText) -> None:
    found = sort_text(disqus(thread("1", isDeleted="true"), post("5"), post("6", isSpam="true")))
    assert found.thread().closed
    assert [found.comment(each).state for each in ("5", "6")] == ["hidden", "spam"]


def test_a_deleted_thread_does_not_close_the_living_one_of_its_page(sort_text: SortText) -> None:
    link = "http://gazette.example/bread"
    rows = [
        thread("1", link=link, title="Old", isDeleted="true"),
        thread("2", link=link),
        post("5", "1"),
        post("6", "2"),
    ]
    found = sort_text(disqus(*rows))
    assert (found.thread().closed, found.thread().title) == (False, "Bread")
    assert [found.comment(each).state for each in ("5", "6")] == ["hidden", "shown"]
