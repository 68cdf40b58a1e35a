"""The token that a frame shows: it is one forum's alone, signed, and ends by time or when its account says so."""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext

from descant.accounts.models import User

_SALT = "descant.accounts.token"
_LONGEST = 400
SIGNED_ON_SECONDS = 24 * 60 * 60  # a page that is loaded again brings a new message of its site long before


class BadToken(Exception):
    """A token that means nobody: forged, too old, another forum's, or ended by its account."""

    code = "bad_token"


@dataclass(frozen=True)
class Bearer:
    """Who showed a token: an account, or the guest of this random id; ``key_id`` if a site's message earned it."""

    user: User | None = None
    guest: str = ""
    key_id: int | None = None


def new_guest() -> str:
    """A guest's id: 128 random bits, so that it names one browser and tells nothing."""
    return secrets.token_hex(16)


def issue_token(
    *, forum_id: int, user: User | None = None, guest: str = "", key_id: int | None = None
) -> str:
    """A token for one forum; of an account if ``user`` is given, else of a guest.

    Args:
        key_id: the key by which the account's site has signed her in: such a token is good for a day.
    """
    if user is not None:
        said: list[int | str] = [forum_id, user.pk, user.token_epoch]
        said += [] if key_id is None else [key_id, int(time.time()) + SIGNED_ON_SECONDS]
    else:
        said = [forum_id, guest]
    return signing.dumps(said, salt=_SALT)


def read_token(token: str, *, forum_id: int) -> Bearer:
    """Who shows this token; asks the database once for an account, never for a guest.

    Raises:
        BadToken
    """
    match _said(token):
        case [int(forum), str(guest)] if forum == forum_id and guest:
            bearer: Bearer | None = Bearer(guest=guest)
        case [int(forum), int(user_id), int(epoch)] if forum == forum_id:
            bearer = _account(user_id, epoch)
        case [int(forum), int(user_id), int(epoch), int(key_id), int(until)] if forum == forum_id:
            bearer = _account(user_id, epoch, key_id) if until > time.time() else None
        case _:
            bearer = None
    if bearer is None:
        raise BadToken(gettext("You are not signed in here any more: sign in again."))
    return bearer


def _account(user_id: int, epoch: int, key_id: int | None = None) -> Bearer | None:
    user = User.objects.filter(pk=user_id, token_epoch=epoch, is_active=True).first()
    return None if user is None else Bearer(user=user, key_id=key_id)


def _said(token: str) -> object:
    if len(token) > _LONGEST:
        return None
    try:
        return signing.loads(token, salt=_SALT, max_age=timedelta(days=settings.DESCANT_TOKEN_DAYS))
    except (signing.BadSignature, ValueError):  # ValueError: signed by us once, but not written by us
        return None
