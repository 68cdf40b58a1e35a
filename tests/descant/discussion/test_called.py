"""How accounts are called is asked of the global database once in a few seconds, and not with every page."""

from collections.abc import Callable

import pytest

from descant.accounts.models import User
from descant.discussion import authors
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.models import Comment
from descant.discussion.reading import read_page
from descant.forums.models import Forum
from django_headroom.testing import queries_counted
from tests.descant.conftest import Cast

BREAD = PageAddress("bread", "https://gazette.example/bread")


def names_asked(forum: Forum) -> int:
    with queries_counted() as spent:
        read_page(forum=forum, page=BREAD, order="best")
    return len(spent.by_alias.get("default", ()))


def test_a_second_page_of_the_same_people_asks_for_no_names(cast: Cast, say: Callable[..., Comment]) -> None:
    say("Rye.", by=cast.cy)
    assert names_asked(cast.gazette) == 1
    assert names_asked(cast.gazette) == 0
    say("Wheat.", by=cast.bo)
    assert names_asked(cast.gazette) == 1, "of the one who is new"


def test_a_new_name_is_read_after_a_few_seconds(
    cast: Cast, say: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cast.cy.user is not None
    monkeypatch.setattr(authors, "KEPT_SECONDS", 0.0)
    say("Rye.", by=cast.cy)
    assert names_asked(cast.gazette) == 1
    User.objects.filter(pk=cast.cy.user.pk).update(name="Cyril")
    page = read_page(forum=cast.gazette, page=BREAD, order="best")
    assert [line.comment.shown_name for line in page.lines] == ["Cyril"]


def test_no_more_names_are_kept_than_there_is_room_for(
    cast: Cast, say: Callable[..., Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authors, "KEPT_MOST", 1)
    say("Rye.", by=cast.cy)
    assert names_asked(cast.gazette) == 1
    say("Wheat.", by=cast.bo)
    assert names_asked(cast.gazette) == 1
    assert names_asked(cast.gazette) == 1, "Cy was forgotten for Bo"
