"""Lists are read page by page, forwards and backwards, and a program that comes again goes on where it was."""

from collections.abc import Callable

import pytest

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import decide
from descant.discussion.deciding.banning import address_range, ban_person
from descant.discussion.models import Comment
from tests.descant.api.reading.conftest import Ask
from tests.descant.conftest import Cast

Say = Callable[..., Comment]


@pytest.fixture
def lists(cast: Cast, say: Say) -> None:
    """Of each list seven rows."""
    for number in range(7):
        say(str(number))
        ban_person(
            forum=cast.gazette, whom=address_range(f"198.51.100.{number + 1}"), by=cast.ann, reason="x"
        )
        cast.gazette.exports.create(format="native", file=f"x{number}", state="finished")
    for number in range(6):
        make_thread(cast.gazette, PageAddress(identifier=str(number)))


LISTS = [
    "posts/list",
    "threads/list",
    "forums/listPosts",
    "forums/listThreads",
    "blacklists/list",
    "exports/list",
]


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_read_on_and_back(ask: Ask, name: str, order: str) -> None:
    asked = {"order": order, "limit": 3}
    pages = [ask(name, **asked)]
    while pages[-1]["cursor"]["hasNext"]:
        pages.append(ask(name, **asked, cursor=pages[-1]["cursor"]["next"]))
    assert [len(page["response"]) for page in pages] == [3, 3, 1]
    assert len({row["id"] for page in pages for row in page["response"]}) == 7
    back = pages[-1]
    for before in pages[-2::-1]:
        back = ask(name, **asked, cursor=back["cursor"]["prev"])
        assert back["response"] == before["response"]
    assert back["cursor"]["hasPrev"] is False
    assert pages[0]["cursor"] == back["cursor"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_behind_the_last_row_a_page_is_empty_and_leads_back(ask: Ask, say: Say, order: str) -> None:
    for number in range(3):
        say(str(number))
    first = ask("posts/list", order=order)
    empty = ask("posts/list", order=order, cursor=first["cursor"]["id"])
    assert (empty["response"], empty["cursor"]["hasNext"]) == ([], False)
    back = ask("posts/list", order=order, cursor=empty["cursor"]["prev"])
    assert back["response"] == first["response"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_before_what_is_the_first_row_now_a_page_is_empty_and_leads_on(
    ask: Ask, say: Say, cast: Cast, order: str
) -> None:
    comments = [say(str(number)) for number in range(2)]
    first = ask("posts/list", order=order, limit=1)
    second = ask("posts/list", order=order, limit=1, cursor=first["cursor"]["next"])
    gone = [each for each in comments if str(each.pk) == first["response"][0]["id"]]
    decide(forum=cast.gazette, comments=gone, verdict="hide", by=cast.ann)
    empty = ask("posts/list", order=order, cursor=second["cursor"]["prev"])
    assert (empty["response"], empty["cursor"]["hasPrev"]) == ([], False)
    on = ask("posts/list", order=order, cursor=empty["cursor"]["next"])
    assert [post["id"] for post in on["response"]] == [post["id"] for post in second["response"]]


def test_who_asks_again_goes_on_where_the_last_page_ended(ask: Ask, say: Say) -> None:
    say("1")
    told = ask("posts/list", order="asc")
    assert (told["cursor"]["hasNext"], told["cursor"]["next"]) == (False, None)
    later = say("2")
    again = ask("posts/list", order="asc", cursor=told["cursor"]["id"])
    assert [post["id"] for post in again["response"]] == [str(later.pk)]
