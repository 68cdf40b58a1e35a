"""The pages of accounts: signing up, in and out, by password, mail and provider."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from descant.accounts.models import Remembered, User
from descant.accounts.tokens import BadToken, issue_token, read_token
from tests.descant.accounts.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("pages_of_accounts")


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def send(browser: Client, page: str, query: str = "", /, **fields: str) -> HttpResponse:
    """Open a page, fill its form in and send it."""
    address = reverse(page) + query
    browser.get(address)
    cookie = browser.cookies.get("descant_csrf")
    return browser.post(address, {"csrfmiddlewaretoken": cookie.value if cookie else "", **fields})


def sign_in(browser: Client, password: str = PASSWORD, **more: str) -> HttpResponse:
    return send(browser, "account_login", login="ann", password=password, **more)


def signed_in(browser: Client) -> bool:
    return browser.get(reverse("account_email")).status_code == 200


PAGES = ["account_login", "account_signup", "account_request_login_code", "account_reset_password"]
OWN_PAGES = ["account_email", "account_change_password", "account_logout", "socialaccount_connections"]
OWN_PAGES += ["account_inactive", "account_reset_password_done", "account_email_verification_sent"]


@pytest.mark.parametrize("name", PAGES + OWN_PAGES)
def test_no_page_holds_a_script_or_a_style_of_its_own(browser: Client, ann: User, name: str) -> None:
    if name in OWN_PAGES:
        sign_in(browser)
    page = browser.get(reverse(name))
    shown = page.content.decode()
    assert page.status_code == 200
    assert not re.search(
        r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", shown, re.IGNORECASE
    )
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "no-store" in page.headers["Cache-Control"]
    assert '<html lang="en" dir="ltr">' in shown
    assert re.search(r"<title>\s*[^<\s][^<]*</title>", shown)
    labels = set(re.findall(r'<label for="([^"]+)"', shown))
    inputs = re.findall(r'<input (?![^>]*type="hidden")[^>]*id="([^"]+)"', shown)
    assert set(inputs) <= labels


def test_an_account_is_made_with_an_address_a_name_and_a_password(browser: Client) -> None:
    fields = {"email": "eve@mail.example", "name": " Eve\u202e  Adams", "password1": PASSWORD}
    assert send(browser, "account_signup", **fields).status_code == 302
    eve = User.objects.get()
    assert (eve.name, eve.email) == ("Eve Adams", "eve@mail.example")
    assert "eve@" not in eve.username
    assert "mail" not in eve.username
    assert signed_in(browser)


@pytest.mark.parametrize("name", ["Moderator", "аdmin", "A D M I N", "Owner 2", " \u200b "])
def test_nobody_takes_a_name_of_the_house(browser: Client, name: str) -> None:
    send(browser, "account_signup", email="eve@mail.example", name=name, password1=PASSWORD)
    assert not User.objects.exists()


def test_a_short_or_common_password_is_refused(browser: Client) -> None:
    for password in ("short", "password12", "eve@mail.example"):
        send(browser, "account_signup", email="eve@mail.example", name="Eve", password1=password)
    assert not User.objects.exists()


def test_signing_in_leads_where_somebody_was_going(browser: Client, ann: User) -> None:
    response = sign_in(browser, next="/embed/sign-in/?f=gazette")
    assert response.headers["Location"] == "/embed/sign-in/?f=gazette"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "http:evil.example", "javascript:alert(1)",
     "https://testserver@evil.example/", "http://localhost/", "\x01//evil.example"],
)  # fmt: skip
def test_signing_in_or_out_never_leads_to_another_site(browser: Client, ann: User, target: str) -> None:
    assert sign_in(browser, next=target).headers["Location"] == "/"
    assert send(browser, "account_logout", next=target).headers["Location"] == "/"


def test_nobody_is_signed_in_by_another_sites_form(ann: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    fields = {"login": "ann", "password": PASSWORD}
    assert browser.post(reverse("account_login"), fields).status_code == 403
    browser.get(reverse("account_login"))
    fields["csrfmiddlewaretoken"] = browser.cookies["descant_csrf"].value
    refused = browser.post(reverse("account_login"), fields, HTTP_ORIGIN="https://evil.example")
    assert refused.status_code == 403
    assert not signed_in(browser)


def test_a_session_gets_another_name_when_somebody_signs_in(browser: Client, ann: User) -> None:
    session = browser.session
    session["kept"] = 1
    session.save()
    before = session.session_key
    browser.cookies["descant"] = before
    sign_in(browser)
    assert browser.cookies["descant"].value != before


def test_guessing_a_password_ends_after_a_few_tries_for_all_processes(browser: Client, ann: User) -> None:
    for _ in range(5):
        sign_in(browser, "wrong wrong wrong")
    assert Remembered.objects.exists()
    assert "Too many" in sign_in(Client(), PASSWORD).content.decode()


def test_a_wrong_password_and_no_account_are_answered_alike(browser: Client, ann: User) -> None:
    def told(login: str) -> str:
        page = send(browser, "account_login", login=login, password="wrong wrong wrong").content.decode()
        return re.sub(r'value="[^"]*"', "", page)

    assert told("ann@mail.example") == told("nobody@mail.example")
    assert "not correct" in told("ann@mail.example")


@pytest.mark.parametrize("name", ["account_request_login_code", "account_reset_password"])
def test_asking_for_mail_tells_nobody_who_has_an_account(ann: User, name: str) -> None:
    answers = set()
    for address in ("ann@mail.example", "nobody@mail.example"):
        browser = Client(enforce_csrf_checks=True)
        response = send(browser, name, email=address)
        page = browser.get(response.headers["Location"]).content.decode()
        page = re.sub(r'value="[^"]*"', "", page).replace(address, "")
        answers.add((response.status_code, response.headers["Location"], page))
    assert len(answers) == 1


def test_the_link_in_the_mail_fills_the_code_in_and_signs_in_when_confirmed(
    browser: Client, ann: User
) -> None:
    send(browser, "account_request_login_code", email=ann.email, next="/embed/sign-in/?f=gazette")
    (letter,) = mail.outbox
    link = urlsplit(re.search(r"https?://\S+", letter.body)[0])  # type: ignore[index]
    (code,) = parse_qs(link.query)["code"]
    page = browser.get(f"{link.path}?{link.query}")
    assert f'value="{code}"' in page.content.decode()
    assert not signed_in(browser)
    response = send(
        browser, "account_confirm_login_code", f"?{link.query}", code=code, next="/embed/sign-in/?f=gazette"
    )
    assert response.headers["Location"] == "/embed/sign-in/?f=gazette"
    assert signed_in(browser)


def test_a_code_is_good_in_the_browser_that_asked(browser: Client, ann: User) -> None:
    send(browser, "account_request_login_code", email=ann.email)
    code = re.search(r"code=([\w-]+)", mail.outbox[0].body)[1]  # type: ignore[index]
    other = Client(enforce_csrf_checks=True)
    send(other, "account_confirm_login_code", code=code)
    assert not signed_in(other)


def test_a_password_set_before_the_address_was_confirmed_is_not_trusted(browser: Client) -> None:
    """Somebody makes an account with my address and her password, and waits for me to use it."""
    send(browser, "account_signup", email="me@mail.example", name="Me", password1=PASSWORD)
    mine = Client(enforce_csrf_checks=True)
    send(mine, "account_request_login_code", email="me@mail.example")
    code = re.search(r"code=([\w-]+)", mail.outbox[-1].body)[1]  # type: ignore[index]
    send(mine, "account_confirm_login_code", code=code)
    assert signed_in(mine)
    assert not User.objects.get().has_usable_password()
    assert not signed_in(browser)


@pytest.mark.parametrize("name", ["account_request_login_code", "account_reset_password"])
def test_mails_lead_to_the_sites_own_address(ann: User, settings: Any, name: str) -> None:
    settings.DESCANT_URL = "https://comments.example"
    settings.ALLOWED_HOSTS = ["*"]
    browser = Client(headers={"host": "evil.example"})
    send(browser, name, email=ann.email)
    (letter,) = mail.outbox
    assert "https://comments.example/accounts/" in letter.body
    assert "evil.example" not in letter.body + letter.subject


def test_a_new_password_ends_tokens_and_other_browsers(browser: Client, ann: User) -> None:
    token = issue_token(forum_id=1, user=ann)
    other = Client()
    sign_in(other)
    send(browser, "account_reset_password", email=ann.email)
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body)[1]  # type: ignore[index]
    form = browser.get(link).headers["Location"]
    browser.get(form)
    csrf = browser.cookies["descant_csrf"].value
    fields = {"password1": "another long password", "password2": "another long password"}
    browser.post(form, {"csrfmiddlewaretoken": csrf, **fields})
    assert sign_in(browser, "another long password").status_code == 302
    assert not signed_in(other)
    with pytest.raises(BadToken):
        read_token(token, forum_id=1)


def test_signing_out_everywhere_ends_tokens_and_all_browsers(browser: Client, ann: User) -> None:
    token = issue_token(forum_id=1, user=ann)
    other = Client(enforce_csrf_checks=True)
    sign_in(browser)
    sign_in(other)
    send(browser, "account_logout")
    assert not signed_in(browser)
    assert signed_in(other)
    read_token(token, forum_id=1)
    sign_in(browser)
    send(browser, "account_logout", everywhere="1")
    assert not signed_in(other)
    with pytest.raises(BadToken):
        read_token(token, forum_id=1)


def test_without_a_provider_no_page_speaks_of_one(browser: Client) -> None:
    assert "Continue with" not in browser.get(reverse("account_login")).content.decode()


@pytest.fixture
def with_mail(settings: Any) -> None:
    """A site that can send mail: who signs up confirms her address."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True


def test_an_address_is_confirmed_in_the_window_in_which_somebody_signs_up(
    browser: Client, with_mail: None
) -> None:
    fields = {
        "email": "eve@mail.example",
        "name": "Eve",
        "password1": PASSWORD,
        "next": "/embed/sign-in/?f=gazette",
    }
    assert send(browser, "account_signup", **fields).status_code == 302
    assert not signed_in(browser)
    code = re.search(r": ([A-Z0-9-]{4,})\n", mail.outbox[0].body)[1]  # type: ignore[index]
    page = browser.get(reverse("account_email_verification_sent")).content.decode()
    assert "It is in the mail to <bdi>eve@mail.example</bdi>" in page
    response = send(browser, "account_email_verification_sent", code=code)
    assert response.headers["Location"] == "/embed/sign-in/?f=gazette"
    assert signed_in(browser)


def test_signing_up_tells_nobody_who_has_an_account(ann: User, with_mail: None) -> None:
    answers = set()
    for address in ("ann@mail.example", "eve@mail.example"):
        browser = Client(enforce_csrf_checks=True)
        response = send(browser, "account_signup", email=address, name="Eve", password1=PASSWORD)
        page = browser.get(response.headers["Location"]).content.decode()
        page = re.sub(r'value="[^"]*"', "", page).replace(address, "")
        answers.add((response.status_code, response.headers["Location"], page))
    assert len(answers) == 1
