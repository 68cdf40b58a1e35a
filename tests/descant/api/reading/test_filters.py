"""Comments are chosen by what they are like; what only moderators know is told to nobody by a filter."""

from collections.abc import Callable

import pytest

from descant.discussion.authors import Author
from descant.discussion.deciding import pin_comment
from descant.discussion.flagging import flag_comment
from descant.discussion.models import SHADOW_BAN, Comment, Thread
from tests.descant.api.reading.conftest import Ask
from tests.descant.conftest import Cast

Say = Callable[..., Comment]
OF_A_RULE = {"rule": 7, "version": 1, "kind": "words", "title": "Words", "effect": "mark", "found": "rye"}


@pytest.fixture
def said(cast: Cast, say: Say) -> dict[str, str]:
    """One comment of each kind, by its text."""
    comments = {name: say(name, by=cast.cy) for name in ("plain", "ruled", "shadowed", "new", "often")}
    comments["guest"] = say("guest", by=Author(guest="gus", name="Gus"))
    comments["linked"] = say("linked https://gazette.example/rye", by=cast.cy)
    reasons = {"ruled": [OF_A_RULE], "shadowed": [SHADOW_BAN], "new": ["premoderation_first"]}
    for name, found in reasons.items():
        Comment.objects.of(cast.gazette).filter(pk=comments[name].pk).update(reasons=found)
    comments["flagged"] = say("flagged", by=cast.cy)
    flag_comment(forum=cast.gazette, comment=comments["flagged"], author=cast.bo, reason="other")
    Comment.objects.of(cast.gazette).filter(pk=comments["often"].pk).update(flags=3)
    return {str(comment.pk): name for name, comment in comments.items()}


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (1, {"guest"}),
        (2, {"linked"}),
        (4, {"ruled"}),
        (5, {"flagged", "often"}),
        (6, {"plain", "guest", "linked"}),
        (8, {"ruled"}),
        (9, {"shadowed"}),
        (11, {"often"}),
        (13, {"new"}),
        *((number, set()) for number in (3, 7, 10, 12, 14, 15, 16, 17, 18)),
    ],
)
def test_a_filter_leaves_what_is_like_it(
    ask: Ask, said: dict[str, str], number: int, found: set[str]
) -> None:
    told = ask("threads/listPosts", thread_ident="bread", filters=number)
    assert {said[post["id"]] for post in told["response"]} == found


def test_several_filters_leave_what_is_like_any_of_them(ask: Ask, guest: Ask, said: dict[str, str]) -> None:
    for asking, filters in ((ask, [1, 9]), (guest, [1, 2])):
        told = asking("threads/listPosts", thread_ident="bread", filters=filters)
        assert len(told["response"]) == 2
    assert {said[post["id"]] for post in told["response"]} == {"guest", "linked"}


@pytest.mark.parametrize("number", [4, 5, 6, 8, 9, 11, 12, 13])
def test_what_moderators_know_is_no_filter_for_others(guest: Ask, bread: Thread, number: int) -> None:
    assert guest("threads/listPosts", thread=bread.pk, filters=number)["code"] == 12


@pytest.mark.parametrize("written", ["0", "19", "x", ["1"] * 19])
def test_a_filter_is_one_of_eighteen_numbers(ask: Ask, bread: Thread, written: str | list[str]) -> None:
    assert ask("threads/listPosts", thread=bread.pk, filters=written)["code"] == 2


@pytest.mark.parametrize("name", ["threads/listPosts", "posts/list", "forums/listPosts"])
def test_the_pinned_comments_are_told_by_themselves(
    ask: Ask, guest: Ask, say: Say, cast: Cast, name: str
) -> None:
    pinned, other, flagged = say("Rye."), say("Wheat."), say("Spelt.")
    pin_comment(forum=cast.gazette, thread=pinned.thread, comment=pinned, by=cast.ann)
    flag_comment(forum=cast.gazette, comment=flagged, author=cast.bo, reason="other")

    def told(asking: Ask, *include: str) -> list[int]:
        return [
            int(post["id"])
            for post in asking(name, thread=pinned.thread_id, include=include, order="asc")["response"]
        ]

    assert told(guest, "highlighted") == told(ask, "highlighted") == [pinned.pk]
    assert told(ask, "highlighted", "flagged") == [pinned.pk, flagged.pk]
    assert told(guest, "highlighted", "flagged") == told(ask, "approved", "highlighted")
    assert told(ask, "approved", "highlighted") == [pinned.pk, other.pk, flagged.pk]
