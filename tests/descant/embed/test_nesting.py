"""Lines stand in lists within lists, whatever their levels: no list is left open, and none ends twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descant.discussion.models import Comment
from descant.discussion.reading import Line
from descant.embed.jinja.nesting import nested


def line(level: int, name: str = "", *, kind: str = "comment", more: int = 0) -> Line:
    return Line(Comment(level=level, author_name=name), kind, more)


def drawn(*lines: Line) -> str:
    found, end = nested(lines)
    return "".join(f"{each.steps}*{each.steps_to_more}{'+' * each.line.more}" for each in found) + str(end)


@pytest.mark.parametrize(
    ("levels", "looks"),
    [
        ([], ""),
        ([0, 0], "**"),
        ([0, 1, 1, 0], "*<ol>**</ol>*"),
        ([0, 1, 2, 0], "*<ol>*<ol>*</ol></ol>*"),
        ([0, 3], "*<ol>*</ol>"),
        ([5, 6, 5], "*<ol>*<ol>*</ol></ol>"),
    ],
)
def test_replies_stand_in_a_list_of_their_own(levels: list[int], looks: str) -> None:
    assert drawn(*map(line, levels)) == looks


def test_more_replies_stand_beside_the_replies_of_their_branch() -> None:
    assert drawn(line(0), line(1), line(2, more=1), line(0)) == "*<ol>*<ol>*</ol>+</ol>*"
    assert drawn(line(0, more=1)) == "*<ol>+</ol>"


def test_whom_a_line_answers_is_told_where_the_page_does_not_show_it() -> None:
    found, _ = nested(
        [line(3, "Ann"), line(4, "Bo"), line(5, "Cy"), line(6, "Dee", kind="mark"), line(7, "Eve")]
    )
    assert [each.above for each in found] == ["", "", "Bo", "Cy", ""]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 1)), max_size=30))
def test_every_list_ends_and_none_before_it_began(levels: list[tuple[int, int]]) -> None:
    depth = 0
    for piece in drawn(*(line(level, more=more) for level, more in levels)).split("<"):
        depth += 1 if piece.startswith("ol>") else -1 if piece.startswith("/ol>") else 0
        assert depth >= 0
    assert depth == 0
