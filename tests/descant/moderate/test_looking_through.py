"""Looking for a reason: a page looks through so many comments, says if there are more, and the next goes on there."""

import html
import re
from collections.abc import Callable

import pytest
from django.db import connections
from django.utils import timezone

from descant.discussion.models import Comment
from descant.moderate.acts.many import Verdict, _matching
from descant.moderate.queue import listing
from descant.moderate.queue.choosing import Chosen
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import Desk
from tests.descant.moderate.test_queue import mark, page, rows_in

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"])

Say = Callable[..., Comment]
CUT = "Not all was looked through for this reason yet."


@pytest.fixture
def many(say: Say) -> list[Comment]:
    """Twenty comments in three states, every third of them flagged enough."""
    comments = [say(f"{number}") for number in range(20)]
    mark(comments[4:11], state="waiting")
    mark(comments[11:16], state="spam")
    mark(comments[::3], reasons=["flags"])
    return comments


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("looked", [10, 25, 1_000])
def test_every_comment_of_a_reason_is_found_once_in_order_however_few_are_looked_at(
    bo: Desk, many: list[Comment], monkeypatch: pytest.MonkeyPatch, order: str, looked: int
) -> None:
    monkeypatch.setattr(listing, "LINES", 2)
    monkeypatch.setattr(listing, "LOOKED_MOST", looked)
    found: list[str] = []
    after, pages = "", 0
    while after is not None and pages < 30:
        text = page(bo, tab="all", reason="flags", order=order, **({"after": after} if after else {}))
        found += rows_in(text)
        further = re.search(r'href="[^"]*after=([^"&]+)" rel="next"', text)
        after, pages = html.unescape(further[1]) if further else None, pages + 1
        assert (CUT in text) <= (further is not None)
    expected = [str(each.pk) for each in many[::3]]
    assert [item.split(":")[1] for item in found] == (expected if order == "oldest" else expected[::-1])


def test_a_page_says_that_there_is_more_to_look_through(
    bo: Desk, many: list[Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LINES", 2)
    monkeypatch.setattr(listing, "LOOKED_MOST", 10)
    text = page(bo, tab="all", reason="rule-7")
    assert CUT in text
    assert "Look through more" in text
    assert rows_in(text) == []
    assert CUT not in page(bo, tab="all")


def test_looking_for_a_reason_asks_no_query_more(cast: Cast, bo: Desk, many: list[Comment]) -> None:
    with queries_counted() as plain:
        page(bo, tab="all")
    with queries_counted() as looking:
        page(bo, tab="all", reason="flags")
    assert looking.count == plain.count


@pytest.mark.parametrize("verdict", ["approve", "hide"])
def test_what_is_flagged_is_found_by_the_index_of_what_needs_a_look(
    cast: Cast, say: Say, verdict: str
) -> None:
    """A million are shown, and three of them flagged."""
    say("Rye.")
    (rows,) = _matching(cast.gazette, Chosen(tab="flagged"), timezone.now(), Verdict(verdict))
    if connections["p1"].vendor == "postgresql":  # it reads so small a table whole, whatever there is
        with connections["p1"].cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")
    assert "comment_to_look_at" in rows.order_by("created_at", "id")[:200].explain()
