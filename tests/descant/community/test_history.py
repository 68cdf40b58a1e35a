"""The history of a forum: a row for each change, with who, when and why, and what it was before."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.community import paging
from descant.discussion.authors import Author
from descant.discussion.deciding import owning as acts
from descant.forums.models import Change, Key
from descant.forums.opening import change_forum, remove_domain
from tests.descant.community.test_settings import GENERAL, HOME
from tests.descant.conftest import Cast

SignedIn = Callable[[Author], Client]


def read(client: Client, query: str = "") -> str:
    """The page in words, without its markup."""
    html = client.get(f"{HOME}history/{query}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main>")[2]).split())


def test_every_change_is_a_row_with_who_when_and_why(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    ann.post(HOME, {**GENERAL, "why": "We grow."})
    ann.post(f"{HOME}policy/", {"policy": "Be kind.", "is_transparent": "on"})
    ann.post(f"{HOME}look/", {"light_accent": "#113355"})
    ann.post(f"{HOME}domains/", {"add": "", "domain": "blog.example"})
    ann.post(f"{HOME}domains/", {"remove": "blog.example", "why": "It is sold."})
    ann.post(f"{HOME}people/", {"add": "", "whom": "cy", "kind": "trusted"})
    assert cast.cy.user
    ann.post(f"{HOME}people/", {"remove": str(cast.cy.user.pk)})
    ann.post(f"{HOME}keys/", {"add": ""})
    ann.post(f"{HOME}keys/", {"remove": str(Key.objects.get().pk)})
    rows = Change.objects.order_by("id").values_list("what", "by__username")
    told = ("settings",) * 3 + ("domain_added", "domain_removed", "role_given", "role_taken")
    assert list(rows) == [(what, "ann") for what in (*told, "key_made", "key_revoked")]
    page = read(ann)
    for words in (
        "Title gazette The Gazette",
        "Whose comments wait for a moderator? Nobody&#x27;s Everybody&#x27;s first comment",
        "Guests may write yes no",
        "We grow.",
        "Policy – Be kind.",
        "Links and buttons on light pages – #113355",
        "Domain removed : blog.example It is sold.",
        "Role given : Cy, Trusted",
        "Role taken away : Cy, Trusted",
        "Key revoked",
    ):
        assert words in page, words


def test_what_was_not_changed_leaves_no_row(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    for _time in range(2):
        ann.post(HOME, GENERAL)
        ann.post(f"{HOME}domains/", {"add": "", "domain": "gazette.example"})
        ann.post(f"{HOME}domains/", {"remove": "nowhere.example"})
    assert Change.objects.count() == 1


def test_what_the_operator_changes_stands_there_too(cast: Cast, signed_in: SignedIn) -> None:
    change_forum(forum=cast.gazette, title="The Evening Gazette")
    assert "The Evening Gazette the operator" in read(signed_in(cast.ann))


def test_a_change_that_fails_leaves_no_row(cast: Cast) -> None:
    with pytest.raises(acts.CannotChange):
        acts.remove_domain(forum=cast.gazette, by=cast.ann, domain="gazette.example")
    with pytest.raises(ValueError, match="only domain"):
        remove_domain(forum=cast.gazette, domain="gazette.example")
    assert not Change.objects.exists()


def test_older_changes_follow_by_pages(
    cast: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LINES", 2)
    for number in range(5):
        change_forum(forum=cast.gazette, title=f"Edition {number}")
    ann, query, pages = signed_in(cast.ann), "", []
    while query is not None:
        html = ann.get(f"{HOME}history/{query}").content.decode()
        pages.append(html.count("<article>"))
        further = re.search(r'rel="next" href="([^"]+)"', html)
        query: Any = further[1] if further else None
    assert pages == [2, 2, 1]
    assert ann.get(f"{HOME}history/?before=nonsense").status_code == 200


def test_a_person_who_is_gone_is_named_no_more(cast: Cast, signed_in: SignedIn) -> None:
    acts.give_role(forum=cast.gazette, by=cast.ann, whom="cy", kind="trusted")
    assert cast.cy.user
    cast.cy.user.delete()
    page = read(signed_in(cast.ann))
    assert "Role given : somebody who is gone, Trusted" in page
