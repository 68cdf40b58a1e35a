"""Search in the queue: by words and names, within one's forums, and never what nobody may see any more."""

from collections.abc import Callable, Iterable

import pytest

from descant.discussion.deciding import decide
from descant.discussion.editing import delete_comment, edit_comment
from descant.discussion.models import Comment, Words
from descant.discussion.reading.searching import write_words
from descant.forums.directory import forum_with_id
from descant.operate.commands import search
from descant.site.command import run
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast
from tests.descant.moderate.conftest import Desk, item
from tests.descant.moderate.test_queue import again, page, rows_in

pytestmark = pytest.mark.django_db(databases=["default", "p1", "p2"], transaction=True)

Held = Callable[..., Comment]


def hear() -> None:
    for partition in ("p1", "p2"):
        while drain(partition):
            pass


def found(desk: Desk, words: str, **more: str) -> list[str]:
    return rows_in(page(desk, q=words, **more))


def test_a_comment_is_found_by_its_words_and_its_authors_name(bo: Desk, held: Held, cast: Cast) -> None:
    rye, wheat = (
        held("Rye **bread** from Zürich.", by=cast.cy),
        held("Wheat, and BREAD_rolls.", by=cast.guest),
    )
    assert found(bo, "bread") == [], "posting writes no words"
    hear()
    both = [item(wheat), item(rye)]
    for words, expected in {
        "bread": both,
        "brea": both,
        "bread rye": both[1:],
        "zürich": both[1:],
        "Gus": both[:1],
        "rolls": both[:1],
        "rye wheat": [],
        "ead": [],
        "gus' | bread & (": both[:1],
        "***": [],
    }.items():
        assert found(bo, words) == expected, words
    assert found(bo, "bread", tab="spam") == []


def test_nothing_of_another_forum_is_found(bo: Desk, elsewhere: Comment, held: Held) -> None:
    mine = held("Mine alone.")
    hear()
    assert found(bo, "alone") == [item(mine)]
    assert found(bo, f"forum{elsewhere.forum_id}x") == []


def test_what_is_changed_is_found_by_what_it_says_now(
    bo: Desk, cast: Cast, say: Callable[..., Comment]
) -> None:
    comment = say("Rye.", by=cast.cy)
    hear()
    edit_comment(forum=cast.gazette, comment=again(comment), author=cast.cy, source="Wheat.")
    hear()
    assert (found(bo, "rye", tab="all"), found(bo, "wheat", tab="all")) == ([], [item(comment)])
    decide(forum=cast.gazette, comments=[again(comment)], verdict="hide", by=cast.bo)
    hear()
    assert len(found(bo, "wheat", tab="hidden")) == 1


def test_what_its_author_deleted_is_not_found_and_keeps_no_words(
    bo: Desk, cast: Cast, say: Callable[..., Comment]
) -> None:
    comment = say("Rye.", by=cast.cy)
    hear()
    delete_comment(forum=cast.gazette, comment=again(comment), author=cast.cy)
    hear()
    assert found(bo, "rye", tab="all") == []
    assert not Words.objects.of(cast.gazette).exists()


def test_told_twice_it_writes_the_words_once(cast: Cast, say: Callable[..., Comment]) -> None:
    comment = say("Rye rye rye.")
    for _time in range(2):
        assert write_words([comment]) == 1
    assert Words.objects.of(cast.gazette).get().words.split()[1:] == ["cy", "rye"]


def test_the_command_builds_what_was_imported_and_goes_on_where_it_stopped(
    bo: Desk, cast: Cast, say: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    comments = [say(f"Bread {number}.") for number in range(5)]
    monkeypatch.setattr(search, "STEP", 2)
    written: list[int] = []

    def failing(rows: Iterable[Comment]) -> int:
        if len(written) == 1:
            raise KeyboardInterrupt
        written.append(write_words(rows))
        return written[-1]

    monkeypatch.setattr(search, "write_words", failing)
    with pytest.raises(KeyboardInterrupt):
        run(search, ["build", "gazette"])
    assert Words.objects.of(cast.gazette).count() == 2
    monkeypatch.setattr(search, "write_words", write_words)
    assert run(search, ["build", "gazette"]) == 0
    assert len(found(bo, "bread", tab="all")) == len(comments)
    assert run(search, ["build", "gazette"]) == 0
    assert Words.objects.of(forum_with_id(cast.gazette.pk)).count() == 5
    assert run(search, ["build", "nowhere"]) == 2
