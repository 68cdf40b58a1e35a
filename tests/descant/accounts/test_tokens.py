"""The tokens that frames keep."""

import pytest
from django.core import signing

from descant.accounts.ending import end_everywhere, set_password
from descant.accounts.tokens import BadToken, Bearer, issue_token, new_guest, read_token
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast


def test_a_token_names_its_account_on_its_forum(cast: Cast) -> None:
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    with query_budget(1):
        assert read_token(token, forum_id=cast.gazette.pk) == Bearer(user=cast.cy.user)


def test_a_guests_token_asks_no_database(cast: Cast) -> None:
    guest = new_guest()
    assert len(guest) == 32
    token = issue_token(forum_id=cast.gazette.pk, guest=guest)
    with query_budget(0):
        assert read_token(token, forum_id=cast.gazette.pk) == Bearer(guest=guest)


def test_a_token_of_another_forum_is_refused(cast: Cast) -> None:
    for token in (
        issue_token(forum_id=cast.tribune.pk, user=cast.cy.user),
        issue_token(forum_id=cast.tribune.pk, guest=new_guest()),
    ):
        with pytest.raises(BadToken):
            read_token(token, forum_id=cast.gazette.pk)


def test_tokens_from_before_a_sign_out_everywhere_are_void(cast: Cast) -> None:
    assert cast.cy.user is not None
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    end_everywhere(user=cast.cy.user)
    with pytest.raises(BadToken):
        read_token(token, forum_id=cast.gazette.pk)
    again = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    assert read_token(again, forum_id=cast.gazette.pk).user == cast.cy.user


def test_a_new_password_voids_tokens_and_a_closed_account_has_none(cast: Cast) -> None:
    assert cast.cy.user is not None
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    set_password(user=cast.cy.user, password="a long new password")
    with pytest.raises(BadToken):
        read_token(token, forum_id=cast.gazette.pk)
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    type(cast.cy.user).objects.filter(pk=cast.cy.user.pk).update(is_active=False)
    with pytest.raises(BadToken):
        read_token(token, forum_id=cast.gazette.pk)


def test_a_token_ends_after_its_days(cast: Cast, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DESCANT_TOKEN_DAYS = 30  # type: ignore[attr-defined]
    token = issue_token(forum_id=cast.gazette.pk, guest=new_guest())
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 29.9 * 86400)
    read_token(token, forum_id=cast.gazette.pk)
    monkeypatch.setattr(signing.time, "time", lambda: now + 30.1 * 86400)
    with pytest.raises(BadToken):
        read_token(token, forum_id=cast.gazette.pk)


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "€:1:2", "x" * 10_000, "\0", "a.b.c:d"])
def test_a_forged_token_is_refused(cast: Cast, token: str) -> None:
    with query_budget(0), pytest.raises(BadToken):
        read_token(token, forum_id=cast.gazette.pk)


def test_what_we_signed_for_another_purpose_is_no_token(cast: Cast) -> None:
    assert cast.ann.user is not None
    said = [cast.gazette.pk, cast.ann.user.pk, 0]
    for token in (signing.dumps(said), signing.dumps({"f": 1}, salt="descant.accounts.token")):
        with pytest.raises(BadToken):
            read_token(token, forum_id=cast.gazette.pk)


def test_a_tampered_token_is_refused(cast: Cast) -> None:
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    payload, rest = token.split(":", 1)
    other = issue_token(forum_id=cast.gazette.pk, user=cast.ann.user).split(":", 1)[0]
    for forged in (f"{other}:{rest}", token[:-1] + ("A" if token[-1] != "A" else "B"), payload):
        with pytest.raises(BadToken):
            read_token(forged, forum_id=cast.gazette.pk)
