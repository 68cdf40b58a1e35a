"""How allauth does things here: whose names are refused, where mails lead, and what ends with a password."""

from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.core import context
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from descant.accounts import ending
from descant.accounts.models import NAME_MAX, User
from descant.accounts.naming import is_reserved, tidy
from descant.accounts.network import client_address


class MailNotSent(Exception):
    """The mail server does not answer, or does not take the mail; the account is as it was before, or made."""


@dataclass(frozen=True)
class Home:
    """This site, as mails speak of it."""

    name: str
    domain: str


class AccountAdapter(DefaultAccountAdapter):
    """Accounts by password and by mail."""

    def clean_username(self, username: str, shallow: bool = False) -> str:
        if is_reserved(username):
            raise self.validation_error("username_blacklisted")
        return super().clean_username(username, shallow)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """From the name: allauth would take it from the e-mail address, which nobody shall read."""
        if not user.username:
            user.username = self.generate_unique_username(
                ["" if is_reserved(user.name) else user.name, "reader"]
            )

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.name = form.cleaned_data.get("name", "")
        return super().save_user(request, user, form, commit)

    def set_password(self, user: User, password: str) -> None:
        ending.set_password(user=user, password=password)

    def logout(self, request: HttpRequest) -> None:
        if "everywhere" in request.POST and isinstance(request.user, User):
            ending.end_everywhere(user=request.user)
        super().logout(request)

    def is_safe_url(self, url: str) -> bool:
        """Only our own pages, and only of the host that was asked: one of ALLOWED_HOSTS may be somebody's laptop."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts={context.request.get_host()})

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request).partition("/")[0] or "0.0.0.0"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """With links to the site's own address, whatever host the request named."""
        told = {key: _at_home(said) if key.endswith("_url") else said for key, said in context.items()}
        told["current_site"] = Home("Descant", urlsplit(settings.DESCANT_URL).netloc)
        if "login_code" in template_prefix:
            told["code_url"] = self._code_url(context["request"], context["code"])
        try:
            super().send_mail(template_prefix, email, told)
        except (OSError, SMTPException) as error:
            raise MailNotSent from error

    def _code_url(self, request: HttpRequest, code: str) -> str:
        asked = request.POST.get("next") or request.GET.get("next") or ""
        query = {"code": code, **({"next": asked} if asked and self.is_safe_url(asked) else {})}
        return _at_home(f"{reverse('account_confirm_login_code')}?{urlencode(query)}")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Without the host, of which a wildcard has many: tries are counted for the account."""
        return str(credentials.get("email", credentials.get("username", ""))).lower()


class SocialAdapter(DefaultSocialAccountAdapter):
    """Accounts by providers. Never merged by e-mail address: some providers confirm none."""

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        given = data.get("name") or " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
        name = tidy(given or data.get("username") or "")[:NAME_MAX]
        user.name = "" if is_reserved(name) or "@" in name else name
        if is_reserved(user.username) or "@" in user.username:
            user.username = ""
        return user

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody is called something she has not seen: without a usable name she is asked."""
        return bool(sociallogin.user.name) and super().is_auto_signup_allowed(request, sociallogin)


@receiver(email_confirmed)
def distrust_password(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """An address first confirmed by a code to sign in: the password from before may be somebody else's."""
    match = request.resolver_match
    if match is not None and match.url_name == "account_confirm_login_code":
        ending.set_password(user=email_address.user, password=None)


def _at_home(url: str) -> str:
    parts = urlsplit(url)
    return settings.DESCANT_URL + parts._replace(scheme="", netloc="").geturl()
