"""A site's message about who reads its page: ``base64(JSON) HMAC-SHA1 timestamp``, judged before it is believed.

What is inside is read only once its signature is found good, and only five of its fields: no role, no right and no
account of another organisation can be named in it.
"""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from descant.accounts.naming import tidy
from descant.forums.keys.counting import key_uses
from descant.forums.models import Forum, Key
from descant.forums.signing_on.keys import keys_in_force

AHEAD_SECONDS = 300  # by which the site's clock may be before ours
LONGEST = 8_000
IDENTIFIER_MOST = 128
_FORM = re.compile(r"([A-Za-z0-9+/]+={0,2}) ([0-9a-fA-F]{40}) ([0-9]{1,11})", re.ASCII)
_check_url = URLValidator(schemes=("http", "https"))


class BadMessage(Exception):
    """A message that signs nobody in; its sentence is for who keeps the site, and tells nothing of anybody."""

    code = "bad_message"


@dataclass(frozen=True)
class Person:
    """Somebody as her site describes her."""

    identifier: str
    name: str
    email: str = ""
    url: str = ""
    avatar: str = ""


@dataclass(frozen=True)
class Message:
    """A message that is the site's own: by which key, when, and about whom; about nobody if she has signed out."""

    key: Key
    written_at: datetime
    person: Person | None


def read_message(*, forum: Forum, written: str, public_key: str = "") -> Message:
    """Judge a message.

    Args:
        public_key: whose secret has signed it; without one each of the forum's keys is tried.

    Raises:
        BadMessage
    """
    parts = _FORM.fullmatch(written.strip()) if len(written) <= LONGEST else None
    if parts is None:
        raise BadMessage(
            _("The site's message has not the form “message signature timestamp”, without line breaks.")
        )
    said, signature, at = parts.groups()
    key = _signer(_candidates(forum, public_key), f"{said} {at}", signature)
    if key is None:
        raise BadMessage(_("The site's message is not signed with a secret key of this forum."))
    _check_age(int(at))
    key_uses.add(key.pk)
    return Message(key, datetime.fromtimestamp(int(at), UTC), _person(said))


def _candidates(forum: Forum, public_key: str) -> list[Key]:
    """Of this forum alone: another forum's secret signs nobody in here."""
    return [key for key in keys_in_force.of(forum) if public_key in ("", key.public_key)]


def _signer(candidates: Sequence[Key], signed: str, signature: str) -> Key | None:
    """Every candidate is tried to its end, however soon one fits."""
    found = None
    for key in candidates:
        for secret in key.secrets():
            right = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).hexdigest()
            if hmac.compare_digest(right, signature.lower()):
                found = key
    return found


def _check_age(at: int) -> None:
    age = time.time() - at
    if age > settings.DESCANT_SIGN_ON_SECONDS:
        raise BadMessage(_("The site's message is too old to sign anybody in: load the page again."))
    if age < -AHEAD_SECONDS:
        raise BadMessage(_("The site's message is from the future: its clock is wrong."))


def _person(said: str) -> Person | None:
    try:
        told: Any = orjson.loads(base64.b64decode(said, validate=True))
    except ValueError as error:
        raise BadMessage(_("The site's message is not JSON in base64.")) from error
    if told == {}:
        return None
    identifier = _identifier(told.get("id")) if isinstance(told, dict) else ""
    name = _text(told, "username", settings.DESCANT_NAME_MAX) if identifier else ""
    if not name:
        raise BadMessage(_("The site's message names nobody: it needs an id and a username."))
    return Person(identifier, name, _email(told), _address(told, "url"), _address(told, "avatar"))


def _identifier(value: object) -> str:
    """As the site writes it, a number or a text; cut short it would be somebody else's."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    written = str(value)
    return "" if "\0" in written or len(written) > IDENTIFIER_MOST else written


def _text(told: dict[str, Any], field: str, most: int) -> str:
    value = told.get(field)
    return tidy(value)[:most].strip() if isinstance(value, str) else ""


def _email(told: dict[str, Any]) -> str:
    written = _text(told, "email", 254)
    try:
        validate_email(written)
    except ValidationError:
        return ""
    return written


def _address(told: dict[str, Any], field: str) -> str:
    written = told.get(field)
    try:
        _check_url(written)
    except ValidationError:
        return ""
    return written if isinstance(written, str) and len(written) <= 500 else ""
