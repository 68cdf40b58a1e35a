"""Issuing keys to programs, and revoking them: a public one, a secret one, an access token that is shown once."""

import hashlib
import secrets
from dataclasses import dataclass

from descant.forums import directory
from descant.forums.models import Change, Forum, Key
from descant.forums.noting import OPERATOR, About, Noted, note_change
from django_headroom.transactions import writing


@dataclass(frozen=True)
class IssuedKey:
    """What the program's maker is told, this once."""

    public_key: str
    secret_key: str
    access_token: str


def issue_key(*, forum: Forum, noted: Noted = OPERATOR) -> IssuedKey:
    """Make the three keys of a program that speaks for a forum."""
    issued = IssuedKey(*(secrets.token_urlsafe(36) for _ in range(3)))
    with writing("default"):
        Key.objects.create(
            forum=forum,
            public_key=issued.public_key,
            secret_key=issued.secret_key,
            access_token_digest=digest_of(issued.access_token),
        )
        note_change(forum, Change.What.KEY_MADE, About(_shown(issued.public_key)), noted)
    return issued


def revoke_key(*, forum: Forum, key_id: int, noted: Noted = OPERATOR) -> bool:
    """Take the keys of a program away; known everywhere after five seconds.

    Returns:
        Whether the forum had it.
    """
    taken = False
    with writing("default"):
        key = Key.objects.filter(forum=forum, pk=key_id).first()
        if key is not None and (taken := bool(key.delete()[0])):
            note_change(forum, Change.What.KEY_REVOKED, About(_shown(key.public_key)), noted)
    directory.forget()
    return taken


def _shown(public_key: str) -> str:
    """As the list of keys shows it."""
    return f"{public_key[:12]}…"


def digest_of(token: str) -> str:
    """What is kept of an access token; it is long and random, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
