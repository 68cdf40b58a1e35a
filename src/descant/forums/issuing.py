"""Issuing keys to programs: a public one, a secret one, and an access token that is shown once."""

import hashlib
import secrets
from dataclasses import dataclass

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


def digest_of(token: str) -> str:
    """What is kept of an access token; it is long and random, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
