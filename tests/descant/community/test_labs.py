"""What is new and not for everybody: a reader tries it where a forum allows it, on every device and in every job."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from descant.accounts.tokens import issue_token
from descant.community.labs import LABS
from descant.discussion.authors import Author
from descant.forums.opening import change_forum
from django_headroom.operations.switches import OFF, Rule, declared, declaring, is_on, knowing, switches
from django_headroom.operations.switches.listening import rest, watch
from django_headroom.operations.switches.models import Choice
from django_headroom.operations.switches.turning import turn
from django_headroom.testing import query_budget
from tests.descant.conftest import ALL_DATABASES, Cast

SignedIn = Callable[[Author], Client]
PAGE = "/accounts/labs/"
pytestmark = pytest.mark.django_db(databases=ALL_DATABASES, transaction=True)


@pytest.fixture(autouse=True)
def _nothing_stays_turned() -> Iterator[None]:
    yield
    knowing.forget()


def labs_in_the_frame(who: Author, forum: str, forum_id: int) -> dict[str, Any]:
    """What her frame is told that she tries."""
    token = issue_token(forum_id=forum_id, user=who.user)
    headers = {"Origin": "http://testserver", "Authorization": f"Bearer {token}"}
    asked = {"forum": forum, "thread": {"identifier": "bread", "url": f"https://{forum}.example/bread"}}
    answer = Client().post("/embed/do/mine", json.dumps(asked), "application/json", headers=headers)
    told: dict[str, Any] = answer.json()["labs"]
    return told


def test_every_lab_has_words_for_readers_an_owner_and_an_end() -> None:
    labs = {name: each for name, each in declared().items() if each.labs}
    assert labs.keys() == LABS.keys()
    assert all(each.owner and each.until for each in labs.values())


def test_she_chooses_on_her_page_and_has_it_in_every_frame_that_she_opens(
    cast: Cast, signed_in: SignedIn
) -> None:
    cy = signed_in(cast.cy)
    page = cy.get(PAGE).content.decode()
    assert "Keys among the comments" in page
    assert "checked" not in page
    assert labs_in_the_frame(cast.cy, "gazette", cast.gazette.pk) == {}
    assert "Saved." in cy.post(PAGE, {"keys": "on"}, follow=True).content.decode()
    assert "checked" in signed_in(cast.cy).get(PAGE).content.decode(), "on her other devices, too"
    for forum in (cast.gazette, cast.tribune):
        assert labs_in_the_frame(cast.cy, forum.name, forum.pk)["keys"]["j"] == "next comment"
    assert labs_in_the_frame(cast.bo, "gazette", cast.gazette.pk) == {}, "nobody else has it"
    cy.post(PAGE, {})
    assert labs_in_the_frame(cast.cy, "gazette", cast.gazette.pk) == {}
    kept = Choice.objects.using("default").get()
    assert (kept.switch, kept.actor, kept.is_in) == ("keys", f"u{cast.cy.user.pk}", False)  # type: ignore[union-attr]


def test_what_she_has_chosen_before_is_written_down_once(cast: Cast, signed_in: SignedIn) -> None:
    cy = signed_in(cast.cy)
    for _ in range(2):
        cy.post(PAGE, {"keys": "on"})
    assert Choice.objects.using("default").get().version == 1


def test_a_forum_says_whether_its_readers_may(cast: Cast, signed_in: SignedIn) -> None:
    signed_in(cast.cy).post(PAGE, {"keys": "on"})
    change_forum(forum=cast.gazette, has_labs=False)
    assert labs_in_the_frame(cast.cy, "gazette", cast.gazette.pk) == {}
    assert "keys" in labs_in_the_frame(cast.cy, "tribune", cast.tribune.pk)


def test_the_owner_says_it_on_her_page(cast: Cast, signed_in: SignedIn) -> None:
    ann, page = signed_in(cast.ann), "/f/gazette/settings/"
    assert "Readers may try what is new" in ann.get(page).content.decode()
    said = {"title": "G", "language": "en", "premoderation": "nobody", "flags_to_hold": "3"}
    ann.post(page, {**said, "when_unjudged": "pass"})
    cast.gazette.refresh_from_db()
    assert not cast.gazette.has_labs
    ann.post(page, {**said, "when_unjudged": "pass", "has_labs": "on"})
    cast.gazette.refresh_from_db()
    assert cast.gazette.has_labs


def test_asking_costs_no_query(cast: Cast, signed_in: SignedIn) -> None:
    signed_in(cast.cy).post(PAGE, {"keys": "on"})
    with query_budget(0):
        assert is_on("keys", actor=cast.cy.actor, may_choose=cast.gazette.has_labs, forum="gazette")


def test_another_process_knows_it_too(cast: Cast, signed_in: SignedIn) -> None:
    """A worker reads what was chosen when it begins, and hears of the rest."""
    signed_in(cast.cy).post(PAGE, {"keys": "on"})
    knowing.forget()  # as a process that has just begun
    assert not is_on("keys", actor=cast.cy.actor)
    assert watch()
    try:
        assert is_on("keys", actor=cast.cy.actor)
    finally:
        rest()


def test_what_operators_have_closed_is_not_offered_and_what_they_open_to_all_needs_no_choice(
    cast: Cast, signed_in: SignedIn
) -> None:
    cy = signed_in(cast.cy)
    cy.post(PAGE, {"keys": "on"})
    turn("keys", OFF, by="opal", why="it sticks")
    assert "nothing to try" in cy.get(PAGE).content.decode()
    assert labs_in_the_frame(cast.cy, "gazette", cast.gazette.pk) == {}
    cy.post(PAGE, {"keys": "on"})
    assert Choice.objects.using("default").get().version == 1, "there is no such box"
    turn("keys", Rule(labs=True, never={"forum": frozenset({"gazette"})}), by="opal", why="not there")
    assert labs_in_the_frame(cast.cy, "gazette", cast.gazette.pk) == {}
    assert "keys" in labs_in_the_frame(cast.cy, "tribune", cast.tribune.pk)


def test_while_everything_is_only_read_nothing_is_chosen(cast: Cast, signed_in: SignedIn) -> None:
    with switches(read_only=True):
        assert signed_in(cast.cy).post(PAGE, {"keys": "on"}).status_code == 503
    assert not Choice.objects.using("default").exists()


def test_the_public_page_tells_nothing_of_it(cast: Cast, signed_in: SignedIn) -> None:
    asked = {"f": "gazette", "t_i": "bread", "t_u": "https://gazette.example/bread"}
    before = Client().get("/embed/comments/", asked).content
    cy = signed_in(cast.cy)
    cy.post(PAGE, {"keys": "on"})
    assert cy.get("/embed/comments/", asked).content == before


def test_operators_are_shown_whose_it_is_and_that_it_has_outlived_its_day(
    cast: Cast, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cast.ann.user is not None
    cast.ann.user.is_staff = True
    cast.ann.user.save(update_fields=["is_staff"])
    operator = signed_in(cast.ann)
    for page in ("/operate/switches/", "/operate/switches/keys/"):
        shown = operator.get(page).content.decode()
        assert "readers" in shown
        assert "to be gone by" in shown
        assert "was to be gone by" not in shown
    over = replace(declared()["keys"], until=timezone.now().date() - timedelta(days=1))
    monkeypatch.setattr(declaring, "_declared", {**declared(), "keys": over})
    for page in ("/operate/switches/", "/operate/switches/keys/"):
        assert "was to be gone by" in operator.get(page).content.decode()
