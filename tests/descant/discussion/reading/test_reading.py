"""Reading pages of a thread."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.deciding import decide
from descant.discussion.models import Comment, Thread
from descant.discussion.reading import Page, read_page
from descant.discussion.tree.cursors import BadCursor
from descant.discussion.tree.paths import LEVELS
from descant.discussion.voting import cast_vote
from django_headroom.ids.stepping import forget_blocks
from django_headroom.testing import queries_counted, query_budget
from django_headroom.updates import change
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
BREAD = PageAddress(identifier="bread")


def texts(page: Page) -> list[str]:
    return [line.comment.text for line in page.lines if line.kind == "comment"]


def pages(cast: Cast, order: str) -> Iterator[Page]:
    page = read_page(forum=cast.gazette, page=BREAD, order=order)
    yield page
    while page.next_cursor:
        page = read_page(forum=cast.gazette, page=BREAD, order=order, cursor=page.next_cursor)
        yield page


def test_nobody_has_written_yet(cast: Cast) -> None:
    page = read_page(forum=cast.gazette, page=PageAddress(identifier="new"), order="best")
    assert page.thread is None
    assert list(page.lines) == []
    assert not Thread.objects.of(cast.gazette).exists()


@pytest.mark.parametrize("order", ["oldest", "newest", "best"])
def test_the_pages_hold_each_comment_once_and_in_order(cast: Cast, say: Say, order: str) -> None:
    for number in range(60):
        say(str(number))
    found = list(pages(cast, order))
    assert [len(page.lines) for page in found] == [25, 25, 10]
    expected = [str(number) for number in range(60)]
    together = [text for page in found for text in texts(page)]
    assert together == (expected if order == "oldest" else expected[::-1])


def test_time_orders_stay_exact_while_others_write(cast: Cast, say: Say) -> None:
    for number in range(30):
        say(str(number))
    first = read_page(forum=cast.gazette, page=BREAD, order="newest")
    say("late")
    second = read_page(forum=cast.gazette, page=BREAD, order="newest", cursor=first.next_cursor)
    assert texts(first) + texts(second) == [str(number) for number in reversed(range(30))]


def test_replies_read_as_a_conversation_three_before_more(cast: Cast, say: Say) -> None:
    top = say("top")
    answers = [say(f"a{number}", to=top) for number in range(3)]
    say("below a0", to=answers[0])
    say("next top")
    page = read_page(forum=cast.gazette, page=BREAD, order="oldest")
    assert texts(page) == ["top", "a0", "below a0", "a1", "next top"]
    last = page.lines[3]
    assert (last.more, last.level) == (1, 1)
    rest = read_page(forum=cast.gazette, page=BREAD, order="oldest", cursor=last.more_cursor)
    assert [(line.kind, line.comment.text) for line in rest.lines] == [("stub", "top"), ("comment", "a2")]


def test_a_page_that_ends_among_replies_goes_on_below_a_stub(cast: Cast, say: Say) -> None:
    for number in range(24):
        say(str(number))
    top = say("top")
    inner = say("inner", to=top)
    say("deep", to=inner)
    say("last", to=top)
    say("fourth", to=top)
    first, second = list(pages(cast, "oldest"))
    assert texts(first)[-1] == "top"
    assert [(line.kind, line.comment.text) for line in second.lines][0] == ("stub", "top")
    assert texts(second) == ["inner", "deep", "last"]
    assert second.lines[-1].more == 1


def test_every_comment_is_reached_by_the_links_of_the_pages(cast: Cast, say: Say) -> None:
    made = [say("0")]
    for number in range(1, 120):
        parent = made[(number * 7) % len(made)] if number % 3 else None
        made.append(say(str(number), to=parent))
    seen: set[str] = set()
    waiting = [""]
    while waiting:
        cursor = waiting.pop()
        page = read_page(forum=cast.gazette, page=BREAD, order="best", cursor=cursor)
        seen |= set(texts(page))
        waiting += [line.more_cursor for line in page.lines if line.more_cursor]
        waiting += [page.next_cursor] if page.next_cursor else []
    assert seen == {str(number) for number in range(120)}


def test_a_permalink_opens_in_its_place_with_its_ancestors(cast: Cast, say: Say) -> None:
    top = say("top")
    for number in range(40):
        say(str(number), to=top)
    middle = say("middle", to=top)
    deep = say("deep", to=middle)
    page = read_page(forum=cast.gazette, page=BREAD, order="best", cursor=deep.anchor)
    assert [(line.kind, line.comment.text) for line in page.lines] == [
        ("stub", "top"),
        ("stub", "middle"),
        ("comment", "deep"),
    ]
    assert not page.first


def test_a_permalink_to_what_is_not_there_opens_the_first_page(cast: Cast, say: Say) -> None:
    say("top")
    ids = ("1", "not-a-number", "9" * 60)
    for wanted in [f"{kind}-{each}" for kind in ("comment", "descant") for each in ids]:
        assert texts(read_page(forum=cast.gazette, page=BREAD, order="best", cursor=wanted)) == ["top"]


def test_an_old_permalink_of_an_imported_comment_opens_it(cast: Cast, say: Say) -> None:
    for number in range(30):
        comment = say(str(number))
    change(comment, source="disqus", source_id="158476713")
    page = read_page(forum=cast.gazette, page=BREAD, order="oldest", cursor="comment-158476713")
    assert texts(page) == ["29"]


def opened_at(cast: Cast, name: str) -> str:
    page = read_page(forum=cast.gazette, page=BREAD, order="oldest", cursor=name)
    return page.lines[0].comment.text if page.branch else "the first page"


def test_a_number_means_an_imported_comment_in_old_links_and_one_of_ours_in_ours(
    cast: Cast, say: Say
) -> None:
    ours, arrived = say("ours"), say("arrived")
    change(arrived, source="wordpress", source_id=str(ours.pk))
    assert opened_at(cast, f"comment-{ours.pk}") == "arrived"
    assert opened_at(cast, ours.anchor) == "ours"
    assert opened_at(cast, arrived.anchor) == "arrived"
    assert opened_at(cast, f"comment-{arrived.pk}") == "arrived", "as programs make links of ids"


@pytest.mark.parametrize("kept", ["id:7", "id:wp_id=7"])
def test_a_post_known_only_by_a_text_is_found_by_it(cast: Cast, say: Say, kept: str) -> None:
    change(say("arrived"), source="disqus", source_id=kept)
    assert opened_at(cast, "comment-7") == "arrived"
    exact = say("exact")
    change(exact, source="disqus", source_id="7")
    assert opened_at(cast, "comment-7") == "exact", "an id of Disqus's own goes first"


def test_a_hidden_comment_with_replies_stays_as_a_mark_and_one_without_goes(cast: Cast, say: Say) -> None:
    parent, lone = say("parent"), say("lone")
    say("answer", to=parent)
    assert decide(forum=cast.gazette, comments=[parent, lone], verdict="hide", by=cast.bo) == 2
    page = read_page(forum=cast.gazette, page=BREAD, order="oldest")
    assert [line.kind for line in page.lines] == ["mark", "comment"]
    assert page.thread is not None
    assert page.thread.comments_shown == 1


def test_a_mark_goes_when_its_last_reply_is_hidden_and_returns_with_it(cast: Cast, say: Say) -> None:
    parent = say("parent")
    answer = say("answer", to=parent)
    decide(forum=cast.gazette, comments=[parent, answer], verdict="hide", by=cast.bo)
    assert list(read_page(forum=cast.gazette, page=BREAD, order="oldest").lines) == []
    decide(forum=cast.gazette, comments=[answer], verdict="restore", by=cast.bo)
    lines = read_page(forum=cast.gazette, page=BREAD, order="oldest").lines
    assert [line.kind for line in lines] == ["mark", "comment"]


def test_at_the_deepest_level_too_an_answered_comment_stays_as_a_mark(cast: Cast, say: Say) -> None:
    chain = [say("0")]
    for number in range(1, LEVELS + 2):
        chain.append(say(str(number), to=chain[-1]))
    above, deepest, answer, last = chain[LEVELS - 2 :]

    def kinds_below(comment: Comment) -> list[str]:
        with query_budget(6):
            page = read_page(forum=cast.gazette, page=BREAD, order="oldest", cursor=f"comment-{comment.pk}")
        return [line.kind for line in page.lines if line.level == LEVELS - 1]

    def decided(verdict: str, *comments: Comment) -> list[str]:
        decide(forum=cast.gazette, comments=comments, verdict=verdict, by=cast.bo)
        return kinds_below(above)

    assert kinds_below(above) == ["comment", "comment", "comment"]
    assert decided("hide", deepest) == ["mark", "comment", "comment"]
    assert decided("hide", answer) == ["mark", "comment"]
    assert decided("hide", last) == []
    assert decided("restore", last) == ["mark", "comment"]
    assert decided("restore", answer) == ["mark", "comment", "comment"]
    assert decided("restore", deepest) == ["comment", "comment", "comment"]


def test_an_answer_at_the_deepest_level_costs_what_any_other_costs(cast: Cast, say: Say) -> None:
    forget_blocks("p1")  # the first comment fetches a whole block of ids, so that no later one must
    costs = []
    comment = say("0")
    for number in range(1, LEVELS + 4):
        with queries_counted() as spent:
            comment = say(str(number), to=comment)
        costs.append(spent.count)
    assert len(set(costs[1:])) == 1, costs


def test_a_deep_answer_says_whom_it_answers(cast: Cast, say: Say) -> None:
    comment = say("0")
    for depth in range(1, 12):
        comment = say(str(depth), to=comment, by=cast.guest)
    page = read_page(forum=cast.gazette, page=BREAD, order="best", cursor=comment.anchor)
    line = page.lines[-1]
    assert line.comment.text == "11"
    assert line.answers is not None
    assert line.answers.text == "10"


def test_best_is_what_surely_pleases(cast: Cast, say: Say) -> None:
    liked, disliked, plain = say("liked"), say("disliked"), say("plain")
    cast_vote(forum=cast.gazette, comment=liked, author=cast.bo, value=1)
    cast_vote(forum=cast.gazette, comment=disliked, author=cast.bo, value=-1)
    assert texts(read_page(forum=cast.gazette, page=BREAD, order="best")) == ["liked", "plain", "disliked"]
    assert plain.score == 0


def test_dee_never_sees_the_gazette(cast: Cast, say: Say) -> None:
    say("top")
    assert read_page(forum=cast.tribune, page=BREAD, order="best").thread is None


@pytest.mark.parametrize(
    "cursor", ["x", "ee", "WyJ0Il0", "W10", "comment-", "descant-", "IiI", "WyJiIiwiIiwiIl0", "å", "W" * 9000]
)
def test_a_damaged_cursor_is_refused(cast: Cast, say: Say, cursor: str) -> None:
    say("top")
    with pytest.raises(BadCursor, match="open the first page"):
        read_page(forum=cast.gazette, page=BREAD, order="best", cursor=cursor)


def test_a_number_of_replies_that_is_wrong_leaves_nobody_out(cast: Cast, say: Say) -> None:
    said = {say(str(number)).pk for number in range(60)}
    Comment.objects.of(cast.gazette).update(replies=7)
    seen: set[int] = set()
    cursor: str | None = None
    while cursor != "":
        page = read_page(forum=cast.gazette, page=BREAD, order="oldest", cursor=cursor or "")
        seen |= {line.comment.pk for line in page.lines}
        cursor = page.next_cursor
    assert seen == said


def test_a_first_page_costs_three_queries(cast: Cast, say: Say) -> None:
    for number in range(40):
        say("an answer", to=say(str(number)))
    for order in ("best", "newest", "oldest"):
        with query_budget(3):
            read_page(forum=cast.gazette, page=BREAD, order=order)


def test_a_page_costs_at_most_six_queries(cast: Cast, say: Say) -> None:
    comment = say("0")
    for number in range(1, 80):
        comment = say(str(number), to=comment if number % 5 else None)
    address = replace(BREAD, url="https://gazette.example/bread")
    for order in ("best", "newest", "oldest"):
        cursor: str = ""
        for _ in range(4):
            with query_budget(6):
                page = read_page(forum=cast.gazette, page=address, order=order, cursor=cursor)
            cursor = page.next_cursor
    with query_budget(6):
        read_page(forum=cast.gazette, page=address, order="best", cursor=comment.anchor)
