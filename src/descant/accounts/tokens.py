"""The token that a frame shows: it is one forum's alone, signed, and ends by time or when its account says so."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext

from descant.accounts.models import User

_SALT = "descant.accounts.token"
_LONGEST = 400


class BadToken(Exception):
    """A token that means nobody: forged, too old, another forum's, or ended by its account."""

    code = "bad_token"


@dataclass(frozen=True)
class Bearer:
    """Who showed a token: an account, or the guest of this random id."""

    user: User | None = None
    guest: str = ""


def new_guest() -> str:
    """A guest's id: 128 random bits, so that it names one browser and tells nothing."""
    return secrets.token_hex(16)


def issue_token(*, forum_id: int, user: User | None = None, guest: str = "") -> str:
    """A token for one forum; of an account if ``user`` is given, else of a guest."""
    if user is not None:
        said: list[int | str] = [forum_id, user.pk, user.token_epoch]
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
            return Bearer(guest=guest)
        case [int(forum), int(user_id), int(epoch)] if forum == forum_id:
            user = User.objects.filter(pk=user_id, token_epoch=epoch, is_active=True).first()
            if user is not None:
                return Bearer(user=user)
    raise BadToken(gettext("You are not signed in here any more: sign in again."))


def _said(token: str) -> object:
    if len(token) > _LONGEST:
        return None
    try:
        return signing.loads(token, salt=_SALT, max_age=timedelta(days=settings.DESCANT_TOKEN_DAYS))
    except (signing.BadSignature, ValueError):  # ValueError: signed by us once, but not written by us
        return None
