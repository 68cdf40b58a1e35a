"""What proves that a message is ours: the headers of Standard Webhooks, or the one of Disqus.

Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

from descant.forums.models import Target

PREFIX = "whsec_"
SECRET_BYTES = 32
_DISQUS = re.compile(r"[\x21-\x7e]{32,200}")


def new_secret(dialect: str) -> str:
    """A secret as its dialect writes it."""
    if dialect == Target.Dialect.DISQUS:
        return secrets.token_urlsafe(36)
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_secret(written: str, dialect: str) -> bool:
    """Whether a secret that a program has brought is one, and long enough."""
    if dialect == Target.Dialect.DISQUS:
        return bool(_DISQUS.fullmatch(written))
    try:
        key = base64.b64decode(written.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return written.startswith(PREFIX) and 24 <= len(key) <= 64


def headers_for(target: Target, body: bytes, *, event_id: str, at: int) -> Mapping[str, str]:
    """The headers that sign a body.

    Args:
        event_id: the same however often it is sent, so that who is told twice can know.
        at: when it is sent, in seconds since 1970.
    """
    if target.dialect == Target.Dialect.DISQUS:  # which has no place for a second signature
        digest = hmac.new(target.secret.encode(), body, hashlib.sha512).hexdigest()
        return {"X-Hub-Signature": f"sha512={digest}"}
    signed = f"{event_id}.{at}.".encode() + body
    signatures = " ".join(_standard(secret, signed) for secret in target.secrets())
    return {"webhook-id": event_id, "webhook-timestamp": str(at), "webhook-signature": signatures}


def _standard(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
