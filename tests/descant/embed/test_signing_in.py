"""Signing in from a frame: the pop-up, and the three calls around it."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from descant.accounts.models import HandOff
from descant.accounts.tokens import issue_token, read_token
from django_headroom.testing import query_budget
from tests.descant.conftest import Cast

SECRET = "5e" * 32
CHALLENGE = hashlib.sha256(SECRET.encode()).hexdigest()
POPUP = f"/embed/sign-in/?f=gazette&challenge={CHALLENGE}"
HOME = "http://testserver"
FROM_OUR_FRAME = {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_REFERER": f"{HOME}/embed/comments/?f=gazette"}


@pytest.fixture(autouse=True)
def _quick(settings: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return


@pytest.fixture
def cys(cast: Cast) -> Client:
    """Cy's browser, in which she is signed in."""
    browser = Client(enforce_csrf_checks=True)
    assert cast.cy.user is not None
    browser.force_login(cast.cy.user, "allauth.account.auth_backends.AuthenticationBackend")
    return browser


def call(act: str, client: Client | None = None, token: str = "", **body: Any) -> HttpResponse:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return (client or Client(enforce_csrf_checks=True)).post(
        f"/embed/do/{act}",
        json.dumps({"forum": "gazette", **body}),
        content_type="application/json",
        HTTP_ORIGIN=HOME,
        **headers,
    )


def press(browser: Client, page: HttpResponse, address: str = POPUP, **fields: str) -> HttpResponse:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token is not None
    return browser.post(address, {"csrfmiddlewaretoken": token[1], **fields}, HTTP_ORIGIN=HOME)


def test_the_whole_way_from_the_frame_and_back(cast: Cast, cys: Client) -> None:
    assert call("collect", secret=SECRET).status_code == 202
    page = cys.get(POPUP, **FROM_OUR_FRAME)
    shown = page.content.decode()
    assert "Continue as <bdi>Cy</bdi>" in shown
    assert "gazette" in shown
    assert "gazette.example" in shown
    done = press(cys, page)
    assert "You can close this window" in done.content.decode()
    collected = call("collect", secret=SECRET)
    told = json.loads(collected.content)
    assert told["person"] == {"id": cast.cy.voter, "name": "Cy", "kind": "account", "moderator": False}
    assert read_token(told["token"], forum_id=cast.gazette.pk).user == cast.cy.user
    assert call("collect", secret=SECRET).status_code == 202


def test_nothing_is_granted_by_looking(cast: Cast, cys: Client) -> None:
    cys.get(POPUP, **FROM_OUR_FRAME)
    assert not HandOff.objects.exists()


def test_who_is_not_signed_in_signs_in_first_and_comes_back(cast: Cast) -> None:
    assert cast.cy.user is not None
    cast.cy.user.set_password("a long password of Cy")
    cast.cy.user.save()
    browser = Client(enforce_csrf_checks=True)
    away = browser.get(POPUP, **FROM_OUR_FRAME)
    assert away.status_code == 302
    assert away.headers["Location"].startswith(reverse("account_login") + "?next=/embed/sign-in/")
    login = browser.get(away.headers["Location"])
    back = press(
        browser, login, away.headers["Location"], login="cy", password="a long password of Cy", next=POPUP
    )
    assert back.headers["Location"] == POPUP
    page = browser.get(POPUP, HTTP_SEC_FETCH_SITE="cross-site", HTTP_REFERER="https://provider.example/")
    assert "Continue as" in page.content.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_REFERER": "https://evil.example/"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_REFERER": "https://blog.testserver/"},
        {"HTTP_SEC_FETCH_SITE": "none"},
        {"HTTP_REFERER": "https://evil.example/"},
        {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_REFERER": f"{HOME}/accounts/login/?next=/embed/"},
    ],
)
def test_another_site_cannot_open_the_pop_up_with_its_own_challenge(
    cast: Cast, cys: Client, headers: dict[str, str]
) -> None:
    page = cys.get(POPUP, **headers)
    assert page.status_code == 403
    assert "Continue as" not in page.content.decode()


def test_a_challenge_that_began_in_another_browser_is_not_granted(cast: Cast, cys: Client) -> None:
    Client().get(POPUP, **FROM_OUR_FRAME)
    page = cys.get(POPUP.replace(CHALLENGE, "ab" * 32), **FROM_OUR_FRAME)
    assert press(cys, page, POPUP).status_code == 403
    assert not HandOff.objects.exists()


def test_a_challenge_is_granted_only_on_the_forum_that_was_named(cast: Cast, cys: Client) -> None:
    page = cys.get(POPUP, **FROM_OUR_FRAME)
    other = POPUP.replace("gazette", "tribune")
    assert cys.get(other, **FROM_OUR_FRAME).status_code == 403
    assert press(cys, page, other).status_code == 403
    assert not HandOff.objects.exists()


def test_a_grant_needs_our_form(cast: Cast, cys: Client) -> None:
    cys.get(POPUP, **FROM_OUR_FRAME)
    assert cys.post(POPUP, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert cys.post(POPUP, HTTP_ORIGIN=HOME).status_code == 403
    assert not HandOff.objects.exists()


def test_the_pop_up_is_framed_by_nobody_and_kept_by_nobody(cast: Cast, cys: Client) -> None:
    page = cys.get(POPUP, **FROM_OUR_FRAME)
    for response in (page, press(cys, page), Client().get(POPUP), cys.get("/embed/sign-in/?f=x")):
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store, private"


def test_no_forum_and_no_challenge_are_said_plainly(cast: Cast, cys: Client) -> None:
    assert cys.get("/embed/sign-in/?f=nowhere", **FROM_OUR_FRAME).status_code == 404
    assert cys.get("/embed/sign-in/?f=%00", **FROM_OUR_FRAME).status_code == 404
    assert cys.get("/embed/sign-in/?f=gazette&challenge=<b>", **FROM_OUR_FRAME).status_code == 403


def test_names_in_the_pop_up_are_text(cast: Cast, cys: Client) -> None:
    assert cast.cy.user is not None
    type(cast.cy.user).objects.update(name='<img src=x onerror="alert(1)">')
    type(cast.gazette).objects.update(title="Your bank, really")
    shown = cys.get(POPUP, **FROM_OUR_FRAME).content.decode()
    assert "<img" not in shown
    assert "Your bank" not in shown


def test_another_account_is_one_press_away(cast: Cast, cys: Client) -> None:
    page = cys.get(POPUP, **FROM_OUR_FRAME)
    out = press(cys, page, reverse("account_logout"), next=POPUP)
    assert out.headers["Location"] == POPUP
    again = cys.get(POPUP, HTTP_SEC_FETCH_SITE="same-origin", HTTP_REFERER=f"{HOME}{POPUP}")
    assert again.headers["Location"].startswith(reverse("account_login"))


def test_a_secret_that_is_none_is_refused(cast: Cast) -> None:
    for secret in (None, "", "x", 7, "5E" * 32):
        assert call("collect", secret=secret).status_code == 400


def test_a_guest_is_named_by_chance_and_keeps_her_name(cast: Cast) -> None:
    first = json.loads(call("guest").content)
    bearer = read_token(first["token"], forum_id=cast.gazette.pk)
    assert re.fullmatch(r"[0-9a-f]{32}", bearer.guest)
    assert first["person"] == {"id": f"g{bearer.guest}", "name": "", "kind": "guest", "moderator": False}
    again = json.loads(call("guest", token=first["token"]).content)
    assert read_token(again["token"], forum_id=cast.gazette.pk) == bearer
    assert json.loads(call("guest").content)["person"] != first["person"]


def test_a_moderator_is_told_so(cast: Cast, cys: Client) -> None:
    assert cast.bo.user is not None
    cys.force_login(cast.bo.user, "allauth.account.auth_backends.AuthenticationBackend")
    press(cys, cys.get(POPUP, **FROM_OUR_FRAME))
    assert json.loads(call("collect", secret=SECRET).content)["person"]["moderator"] is True


def test_a_cookie_is_worth_nothing_in_a_call(cast: Cast, cys: Client) -> None:
    told = json.loads(call("guest", client=cys).content)
    assert told["person"]["kind"] == "guest"


def test_signing_out_needs_no_database(cast: Cast) -> None:
    token = issue_token(forum_id=cast.gazette.pk, user=cast.cy.user)
    assert call("sign_out", token=token).content == b"{}"


def test_the_calls_stay_within_their_queries(cast: Cast, cys: Client) -> None:
    call("guest")
    with query_budget(0):
        call("guest")
    with query_budget(1):
        call("collect", secret=SECRET)
    page = cys.get(POPUP, **FROM_OUR_FRAME)
    with query_budget(2):  # the session and the account
        page = cys.get(POPUP, **FROM_OUR_FRAME)
    with query_budget(5):
        press(cys, page)
    with query_budget(3):
        call("collect", secret=SECRET)
