"""The pages of accounts and their mails in the reader's language, from the right where it is read so."""

import re
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from descant.accounts.models import User
from tests.descant.accounts.conftest import PASSWORD
from tests.descant.accounts.test_pages import OWN_PAGES, PAGES, send

pytestmark = pytest.mark.usefixtures("pages_of_accounts")
OTHERS = ["account_reauthenticate", "account_set_password", "socialaccount_login_cancelled"]
OTHERS += ["socialaccount_login_error"]
ENGLISH = re.compile(r"[A-Za-z’']{2,} [a-z]{2,}")
# A few words that only German has, and that hardly a sentence does without.
GERMAN = re.compile(r"\b(Sie|Ihr\w*|ein\w*|und|der|die|das|Passwort|Konto|Abmelden|Adresse)\b")


def browser(languages: str) -> Client:
    return Client(enforce_csrf_checks=True, headers={"accept-language": languages})


def words(page: HttpResponse) -> str:
    """What a person reads on a page: its title, its text and its buttons."""
    html = re.sub(r"<(script|style).*?</\1>", "", page.content.decode(), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "\n", html))


@pytest.mark.parametrize("name", PAGES + OWN_PAGES + OTHERS)
def test_a_page_is_all_arabic_and_runs_from_the_right(ann: User, name: str) -> None:
    reader = browser("ar-EG,en;q=0.5")
    if name not in PAGES:
        reader.force_login(ann, "allauth.account.auth_backends.AuthenticationBackend")
    page = reader.get(reverse(name), follow=True)
    assert '<html lang="ar" dir="rtl">' in page.content.decode()
    assert page.headers["Content-Language"] == "ar"
    assert "Accept-Language" in page.headers["Vary"]
    assert re.search(r"[\u0600-\u06ff]{3}", words(page))
    assert not ENGLISH.search(words(page)), words(page)


@pytest.mark.parametrize("name", PAGES + OWN_PAGES + OTHERS)
def test_a_page_is_german(ann: User, name: str) -> None:
    reader = browser("de-AT")
    if name not in PAGES:
        reader.force_login(ann, "allauth.account.auth_backends.AuthenticationBackend")
    page = reader.get(reverse(name), follow=True)
    assert '<html lang="de" dir="ltr">' in page.content.decode()
    assert GERMAN.search(words(page)), words(page)
    assert not re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ir)\b", words(page)), words(page)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "", "name": "Eve", "password1": PASSWORD}, "Dieses Feld ist zwingend erforderlich."),
        ({"email": "eve@mail.example", "name": "Admin", "password1": PASSWORD}, "Dieser Name ist denen"),
        ({"email": "eve@mail.example", "name": "Eve", "password1": "kurz"}, "Dieses Passwort ist zu kurz."),
    ],
)
def test_what_is_wrong_in_a_form_is_said_in_the_readers_language(fields: dict[str, str], said: str) -> None:
    assert said in words(send(browser("de"), "account_signup", **fields))


def test_too_many_tries_are_refused_in_the_readers_language(ann: User) -> None:
    for _ in range(6):
        page = send(browser("ar"), "account_login", login="ann", password="wrong wrong wrong")
    assert re.search(r"[\u0600-\u06ff]", words(page))
    assert not ENGLISH.search(words(page))


@pytest.mark.parametrize("name", ["account_request_login_code", "account_reset_password"])
@pytest.mark.parametrize("address", ["ann@mail.example", "nobody@mail.example"])
def test_a_mail_is_written_in_the_language_of_who_asked_for_it(ann: User, name: str, address: str) -> None:
    send(browser("ar"), name, email=address)
    send(browser("de"), name, email=address)
    arabic, german = mail.outbox
    assert re.search(r"[\u0600-\u06ff]{3}", arabic.subject)
    assert not ENGLISH.search(arabic.subject + arabic.body), arabic.body
    assert GERMAN.search(german.subject + german.body), german.body
    assert not re.search(r"\b([Dd]u|[Dd]ein\w*)\b", german.subject + german.body), german.body


def test_a_change_is_told_by_mail_in_the_readers_language(ann: User) -> None:
    reader = browser("de")
    reader.force_login(ann, "allauth.account.auth_backends.AuthenticationBackend")
    new = "another long password"
    send(reader, "account_change_password", oldpassword=PASSWORD, password1=new, password2=new)
    (told,) = mail.outbox
    assert "Ihr Passwort wurde geändert." in told.body


def test_who_signs_up_twice_is_told_in_the_readers_language(ann: User, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    for address in (ann.email, "eve@mail.example"):
        send(browser("ar"), "account_signup", email=address, name="Eve", password1=PASSWORD)
    assert len(mail.outbox) == 2
    for told in mail.outbox:
        assert not ENGLISH.search(told.subject + told.body), told.body


def test_a_language_that_we_do_not_speak_is_answered_in_english(ann: User) -> None:
    assert '<html lang="en" dir="ltr">' in browser("ja,xx").get(reverse("account_login")).content.decode()


def test_the_language_of_a_url_is_kept_by_a_cookie_that_scripts_cannot_read(ann: User) -> None:
    reader = browser("en")
    page = reader.get(reverse("account_login") + "?lang=ar")
    assert 'dir="rtl"' in page.content.decode()
    cookie = reader.cookies["descant_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
        "ar",
        True,
        "Lax",
        "",
    )
    assert 'dir="rtl"' in reader.get(reverse("account_signup")).content.decode()
    reader.get(reverse("account_login") + "?lang=xx")
    assert reader.cookies["descant_language"].value == "ar"
