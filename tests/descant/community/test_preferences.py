"""The page of a person's preferences: what she chooses is kept, and is hers alone."""

from collections.abc import Callable

import pytest
from django.test import Client

from descant.accounts.models import Block, Preferences, Profile
from descant.discussion.authors import Author
from descant.discussion.models import Comment
from descant.followups.models import Activity
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

SignedIn = Callable[[Author], Client]
PAGE = "/accounts/preferences/"
READING = {"read": "", "order": "newest", "language": "de", "mail": "never"}


def test_a_stranger_is_asked_to_sign_in(client: Client, db: None) -> None:
    answer = client.get(PAGE)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/accounts/login/?next={PAGE}"
    assert answer.headers["Cache-Control"] == "no-store, private"


def test_how_she_reads_is_kept(cast: Cast, signed_in: SignedIn) -> None:
    cy = signed_in(cast.cy)
    assert "Saved." in cy.post(PAGE, READING, follow=True).content.decode()
    kept = Preferences.objects.get()
    assert (kept.user_id, kept.order, kept.language) == (cast.cy.user.pk, "newest", "de")  # type: ignore[union-attr]
    assert (kept.mail, kept.live) == ("never", False)
    cy.post(PAGE, {**READING, "order": "", "language": "", "live": "on"})
    kept = Preferences.objects.get()
    assert (kept.order, kept.language, kept.live) == ("", "", True)


@pytest.mark.parametrize("wrong", [{"order": "sideways"}, {"language": "tlh"}, {"mail": "hourly"}])
def test_what_is_no_choice_is_not_kept(cast: Cast, signed_in: SignedIn, wrong: dict[str, str]) -> None:
    answer = signed_in(cast.cy).post(PAGE, {**READING, **wrong})
    assert "errorlist" in answer.content.decode()
    assert not Preferences.objects.exists()


def test_a_profile_is_hers_to_show_and_to_take_back(
    cast: Cast, signed_in: SignedIn, say: Callable[..., Comment]
) -> None:
    comment = say("Rye.")
    Activity.objects.create(
        user_id=comment.author_id,
        forum_id=comment.forum_id,
        thread_id=comment.thread_id,
        comment_id=comment.pk,
        posted_at=comment.created_at,
    )
    cy = signed_in(cast.cy)
    said = {"show": "", "name": "cyril", "scope": "forums", "forums": [str(cast.gazette.pk)]}
    cy.post(PAGE, said)
    assert "Rye." in cy.get("/by/cyril/").content.decode()
    cy.post(PAGE, {"show": "", "name": "cyril", "scope": "nobody"})
    assert cy.get("/by/cyril/").status_code == 404


def test_a_forum_that_she_never_wrote_on_cannot_be_chosen(cast: Cast, signed_in: SignedIn) -> None:
    said = {"show": "", "name": "cyril", "scope": "forums", "forums": [str(cast.tribune.pk)]}
    signed_in(cast.cy).post(PAGE, said)
    assert not Profile.objects.filter(shown_on__isnull=False).exists()


def test_a_name_that_is_taken_is_said_at_its_place(cast: Cast, signed_in: SignedIn) -> None:
    said = {"show": "", "name": "bread", "scope": "everywhere"}
    signed_in(cast.bo).post(PAGE, said)
    answer = signed_in(cast.cy).post(PAGE, said)
    assert "Somebody else has this name" in answer.content.decode()
    assert Profile.objects.get().user_id == cast.bo.user.pk  # type: ignore[union-attr]


def test_she_unblocks_whom_she_has_blocked_and_nobody_elses(cast: Cast, signed_in: SignedIn) -> None:
    for person in (cast.cy, cast.bo):
        Block.objects.create(user=person.user, whom="u7", shown="Gus")
    cy = signed_in(cast.cy)
    assert "Gus" in cy.get(PAGE).content.decode()
    cy.post(PAGE, {"unblock": "u7"})
    assert list(Block.objects.values_list("user", flat=True)) == [cast.bo.user.pk]  # type: ignore[union-attr]
    assert "Gus" not in cy.get(PAGE).content.decode()


def test_her_forums_are_listed_with_the_way_to_their_settings(cast: Cast, signed_in: SignedIn) -> None:
    assert "/f/gazette/settings/" in signed_in(cast.ann).get(PAGE).content.decode()
    assert "/f/gazette/settings/" not in signed_in(cast.bo).get(PAGE).content.decode()
    assert "/f/gazette/" not in signed_in(cast.cy).get(PAGE).content.decode()


def test_a_form_of_another_site_changes_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.cy.user)  # type: ignore[arg-type]
    assert client.post(PAGE, READING).status_code == 403
    assert not Preferences.objects.exists()


def test_the_page_costs_ten_queries_at_most(cast: Cast, signed_in: SignedIn) -> None:
    ann = signed_in(cast.ann)
    ann.post(PAGE, {"show": "", "name": "ann-b", "scope": "everywhere"})
    ann.get(PAGE)
    with query_budget(10):
        ann.get(PAGE)
