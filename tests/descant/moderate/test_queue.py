"""The queue: what stands in it, its numbers, pages, floods and reasons, and how many queries it takes."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment
from descant.moderate.queue import listing
from descant.moderate.queue.choosing import Chosen
from descant.moderate.queue.gathering import COUNTED_MOST, Number
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import HOME, Desk, item

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Held = Callable[..., Comment]


def rows_in(html: str) -> list[str]:
    return re.findall(r'<li class="row" data-item="([^"]+)"', html)


def numbers_in(html: str) -> dict[str, str]:
    return dict(re.findall(r'<b data-number="(\w+)">([^<]+)</b>', html))


def page(desk: Client, **asked: Any) -> str:
    answer = desk.get("/moderate/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def again(comment: Comment) -> Comment:
    found: Comment = Comment.objects.of(comment.forum_id).select_related("thread").get(pk=comment.pk)
    return found


def mark(comments: list[Comment], **columns: Any) -> None:
    Comment.objects.of(comments[0].forum_id).filter(pk__in=[each.pk for each in comments]).update(**columns)


def test_what_waits_stands_in_the_queue_the_newest_first(bo: Desk, held: Held) -> None:
    one, other = held("Rye."), held("Wheat.")
    html = page(bo)
    assert rows_in(html) == [item(other), item(one)]
    assert "Rye." in html
    assert rows_in(page(bo, order="oldest")) == [item(one), item(other)]


def test_the_numbers_in_the_tabs_are_true(cast: Cast, bo: Desk, held: Held, say: Any) -> None:
    shown = say("Shown.")
    comments = [held(str(number)) for number in range(5)]
    flag_comment(forum=cast.gazette, comment=again(shown), author=cast.guest, reason="spam")
    for verdict, comment in zip(("spam", "hide", "delete"), comments, strict=False):
        decide(forum=cast.gazette, comments=[again(comment)], verdict=verdict, by=cast.bo)
    expected = {"waiting": "2", "flagged": "1", "spam": "1", "hidden": "1", "deleted": "1", "all": "6"}
    assert numbers_in(page(bo)) == expected
    for tab, number in expected.items():
        assert len(rows_in(page(bo, tab=tab))) == int(number), tab


def test_a_number_too_dear_to_count_says_so() -> None:
    assert str(Number.counted(COUNTED_MOST)) == "10,000"
    assert str(Number.counted(COUNTED_MOST + 1)) == "10,000+"
    assert str(Number(9_999) + Number(2)) == "10,001"
    assert str(Number(1) + Number.counted(COUNTED_MOST + 1)) == "10,000+"


def test_pages_follow_each_other_by_a_key_and_leave_nothing_out(
    bo: Desk, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LINES", 2)
    comments = [held(str(number)) for number in range(5)]
    mark(comments[1:4], created_at=comments[0].created_at)
    for order in ("newest", "oldest"):
        seen, html = [], page(bo, order=order)
        while rows_in(html):
            seen += rows_in(html)
            further = re.search(r'href="/moderate/(\?[^"]+)" rel="next"', html)
            if further is None:
                break
            html = bo.get(f"/moderate/{further[1].replace('&amp;', '&')}").content.decode()
        assert len(seen) == 5
        assert set(seen) == {item(comment) for comment in comments}


def test_a_queue_over_two_partitions_is_in_one_order(
    bo: Desk, held: Held, elsewhere: Comment, both: None
) -> None:
    one = held("After it.")
    assert rows_in(page(bo)) == [item(one), item(elsewhere, "tribune")]
    assert numbers_in(page(bo))["waiting"] == "2"
    assert rows_in(page(bo, forum="tribune")) == [item(elsewhere, "tribune")]
    assert numbers_in(page(bo, forum="tribune"))["waiting"] == "1"


def test_the_page_takes_six_queries_over_two_partitions(
    bo: Desk, held: Held, elsewhere: Comment, both: None
) -> None:
    for number in range(5):
        held(str(number))
    with query_budget(6):
        page(bo)
    with query_budget(6):
        page(bo, tab="all", reason="flags", order="oldest")


def test_one_comment_from_near_takes_a_fixed_number_of_queries(bo: Desk, held: Held, cast: Cast) -> None:
    comments = [held(str(number)) for number in range(12)]
    decide(
        forum=cast.gazette, comments=[again(each) for each in comments[:6]], verdict="approve", by=cast.ann
    )
    with query_budget(11):
        answer = bo.get("/moderate/near/", {"item": item(comments[8])})
    assert answer.status_code == 200


def test_a_flood_is_one_row_and_can_be_unfolded(bo: Desk, held: Held) -> None:
    flood = [held(f"Buy {number}.") for number in range(4)]
    other = held("Rye.")
    mark(flood, flood=flood[0].pk)
    html = page(bo)
    assert rows_in(html) == [item(other), f"{item(flood[3])}:alike"]
    assert "4 alike" in html
    assert rows_in(page(bo, order="oldest")) == [f"{item(flood[0])}:alike", item(other)]
    assert len(rows_in(page(bo, flood=flood[0].pk))) == 4
    mark(flood[3:], state="spam")
    assert rows_in(page(bo)) == [item(other), f"{item(flood[2])}:alike"]
    assert "3 alike" in page(bo)


def test_comments_are_chosen_by_the_reason_they_are_held_for(bo: Desk, held: Held) -> None:
    plain, by_rule, other = held("Rye."), held("Cheap watches."), held("Wheat.")
    found = {"rule": 7, "version": 2, "kind": "words", "title": "Watches", "effect": "hold"}
    mark([by_rule], reasons=[found | {"found": "watches", "span": [6, 13]}])
    mark([other], reasons=["flags", {"rule": 17}])
    assert rows_in(page(bo, reason="premoderation_everybody")) == [item(plain)]
    assert rows_in(page(bo, reason="rule-7")) == [item(by_rule)]
    assert rows_in(page(bo, reason="flags")) == [item(other)]
    assert rows_in(page(bo, reason="'; drop")) == [item(other), item(by_rule), item(plain)]
    assert 'value="rule-7"' in page(bo)


def test_a_comment_says_why_it_is_held_with_the_span_marked(bo: Desk, held: Held, cast: Cast) -> None:
    comment = held("Cheap <watches> here.")
    rule = {"rule": 7, "version": 2, "kind": "words", "title": "Watches", "effect": "hold"}
    mark([comment], reasons=["flags", rule | {"found": "<watches>", "span": [6, 15]}, "news_to_us"])
    html = bo.get("/moderate/near/", {"item": item(comment)}).content.decode()
    assert "Flagged by enough readers to be held" in html
    assert "Rule “Watches” (version 2): held" in html
    assert "Cheap <mark>&lt;watches&gt;</mark> here." in html
    assert "news_to_us" in html


@pytest.mark.parametrize("span", [[6], [6, 2], [-5, 999], ["a", "b"], None, [6.5, 8], [99, 120]])
def test_a_span_that_points_nowhere_breaks_no_page(bo: Desk, held: Held, span: Any) -> None:
    comment = held("Cheap.")
    mark([comment], reasons=[{"rule": 1, "span": span}])
    assert bo.get("/moderate/near/", {"item": item(comment)}).status_code == 200


def test_a_comment_shows_its_context_its_author_and_its_flags(
    cast: Cast, bo: Desk, held: Held, say: Any
) -> None:
    before, parent = say("Before it."), say("The parent.")
    last = say("Just before.", by=cast.ann)
    flagged = say("Held by flags.", to=parent)
    flag_comment(
        forum=cast.gazette, comment=again(flagged), author=cast.guest, reason="abuse", note="calls me names"
    )
    after = say("After it.", by=cast.ann)
    decide(forum=cast.gazette, comments=[again(before)], verdict="spam", by=cast.ann, reason="an advert")
    html = bo.get("/moderate/near/", {"item": item(flagged, seen="flagged")}).content.decode()
    for words in (
        "The parent.",
        last.text,
        after.text,
        "calls me names",
        "Abuse",
        "an advert",
        "Spam <b>1</b>",
    ):
        assert words in html, words


def test_what_was_deleted_is_nobodys_to_read(cast: Cast, bo: Desk, say: Any) -> None:
    comment = say("A secret.")
    decide(forum=cast.gazette, comments=[again(comment)], verdict="delete", by=cast.bo)
    for html in (
        page(bo, tab="deleted"),
        bo.get("/moderate/near/", {"item": item(comment)}).content.decode(),
    ):
        assert "A secret." not in html
        assert "Its text is shown to nobody" in html


def test_who_has_not_signed_in_is_led_to_where_one_does(cast: Cast) -> None:
    for path in ("", "near/", "log/", "bans/", "appeals/", "merge/"):
        answer = Client(**HOME).get(f"/moderate/{path}")
        assert answer.status_code == 302, path
        assert "/accounts/login/" in answer.headers["Location"]
    assert Client(**HOME).post("/moderate/do/decide", {"verdict": "approve"}).status_code == 302


def test_who_moderates_nothing_is_told_so(sit: Callable[[str], Desk], held: Held) -> None:
    held("Rye.")
    answer = sit("cy").get("/moderate/")
    assert answer.status_code == 403
    assert "Rye." not in answer.content.decode()


def test_no_page_may_be_framed_or_kept_or_run_a_foreign_script(bo: Desk, held: Held) -> None:
    held("Rye.")
    for path in ("", "log/", "bans/", "appeals/"):
        answer = bo.get(f"/moderate/{path}")
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", answer.content.decode())


def test_hostile_words_stay_words(bo: Desk, held: Held, cast: Cast) -> None:
    nasty = Author(guest="a" * 16, name="<img src=x>", address="192.0.2.9")
    comment = held("<script>alert(1)</script>", by=replace(nasty, name="<b>Eve"))
    html = page(bo) + bo.get("/moderate/near/", {"item": item(comment)}).content.decode()
    assert "<script>alert" not in html
    assert "<b>Eve" not in html


@pytest.mark.parametrize(
    "asked", ["after=x", "after=2020-01-01~1", "at=gazette:1", "tab=%00", "flood=x", "q=%00"]
)
def test_a_damaged_address_breaks_nothing(bo: Desk, held: Held, asked: str) -> None:
    held("Rye.")
    assert bo.get(f"/moderate/?{asked}").status_code in (200, 404)


def test_flagged_comments_are_found_by_the_index_of_these_few(cast: Cast, say: Held) -> None:
    mark([say("Rye.")], needs_look=True)
    rows = Chosen(tab="flagged").rows(cast.gazette, "p1")[0]
    first = rows.order_by("-created_at", "-id").values_list("id", "created_at")[:51]
    assert list(first)
    if connections["p1"].vendor == "sqlite":  # PostgreSQL reads a table of one row as it is
        assert "comment_to_look_at" in first.explain()
