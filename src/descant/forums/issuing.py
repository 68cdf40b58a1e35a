"""Issuing keys to programs, and revoking them: a public one, a secret one, an access token that is shown once."""

import hashlib
import secrets
from dataclasses import dataclass

from descant.forums import directory
from descant.forums.models import Forum, Key
from django_headroom.transactions import writing


@dataclass(frozen=True)
class IssuedKey:
    """What the program's maker is told, this once."""

    public_key: str
    secret_key: str
    access_token: str


def issue_key(*, forum: Forum) -> IssuedKey:
    """Make the three keys of a program that speaks for a forum."""
    issued = IssuedKey(*(secrets.token_urlsafe(36) for _ in range(3)))
    with writing("default"):
        Key.objects.create(
            forum=forum,
            public_key=issued.public_key,
            secret_key=issued.secret_key,
            access_token_digest=digest_of(issued.access_token),
        )
    return issued


def revoke_key(*, forum: Forum, key_id: int) -> bool:
    """Take the keys of a program away; known everywhere after five seconds.

    Returns:
        Whether the forum had it.
    """
    with writing("default"):
        taken, _by_model = Key.objects.filter(forum=forum, pk=key_id).delete()
    directory.forget()
    return bool(taken)


def digest_of(token: str) -> str:
    """What is kept of an access token; it is long and random, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
