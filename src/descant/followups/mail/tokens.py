"""What letters carry so that who has got one can answer, confirm, or end it without signing in."""

import hmac
import re
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.core import signing

from descant.followups.models import Letter

CONFIRMS_FOR = timedelta(days=30)
STOPS_FOR = timedelta(days=400)  # an old letter in a mailbox ends mail too
_SALT = "descant.followups.mail"
_REPLY = re.compile(r"(?P<id>[0-9a-f]{32})(?P<proof>[0-9a-f]{16})")


def link_token(recipient: str) -> str:
    """For the links of a letter: whoever holds it may end this recipient's mail, or confirm her mailbox."""
    return signing.dumps(recipient, salt=_SALT)


def recipient_in(token: str, within: timedelta) -> str:
    """Whose mail a link is about; empty if we did not write it, or not within this time."""
    try:
        said = signing.loads(token, salt=_SALT, max_age=within) if len(token) < 200 else ""
    except (signing.BadSignature, ValueError):
        return ""
    return said if isinstance(said, str) else ""


def reply_address(letter: Letter) -> str:
    """Where an answer to a letter goes; empty where this site takes none by mail.

    Its part before the @ has no capital letters, which some servers lose, and at most 64 characters (RFC 5321).
    """
    name, _, host = settings.DESCANT_MAIL_INBOUND.partition("@")
    return f"{name}+{letter.pk.hex}{_proof(letter.pk)}@{host}" if host else ""


def letter_of(address: str) -> Letter | None:
    """The letter that an answer to this address answers."""
    found = _REPLY.fullmatch(address.partition("@")[0].rpartition("+")[2].lower())
    if found is None or not hmac.compare_digest(found["proof"], _proof(UUID(found["id"]))):
        return None
    return Letter.objects.filter(pk=UUID(found["id"])).first()


def _proof(letter_id: UUID) -> str:
    return hmac.new(f"{_SALT}{settings.SECRET_KEY}".encode(), letter_id.bytes, sha256).hexdigest()[:16]
