"""Issuing keys to programs, giving them new secrets, and revoking them: what is secret is told once."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from descant.accounts.models import User
from descant.forums.keys.showing import tell_changed
from descant.forums.models import Change, Forum, Key, Role
from descant.forums.models.keys import digest_of
from descant.forums.noting import OPERATOR, About, Noted, note_change
from django_headroom.transactions import writing
from django_headroom.updates import claim

OVERLAP = timedelta(hours=24)  # how long the secrets from before a rotation hold; pages say a day


@dataclass(frozen=True)
class IssuedKey:
    """What the program's maker is told, this once."""

    public_key: str
    secret_key: str
    access_token: str


def issue_key(*, forum: Forum, title: str = "", noted: Noted = OPERATOR) -> IssuedKey:
    """Make the three keys of a program that speaks for a forum.

    The access token acts as who makes it, and where that is the operator as the forum's first owner.
    """
    issued = IssuedKey(_new(), _new(), _new())
    with writing("default"):
        by = noted.by or _first_owner(forum)
        key = Key(forum=forum, title=title[:80], by=by, by_epoch=by.token_epoch if by else None)
        key.public_key, key.secret_key = issued.public_key, issued.secret_key
        key.secret_digest, key.access_token_digest = digest_of(key.secret_key), digest_of(issued.access_token)
        key.save(force_insert=True)
        note_change(forum, Change.What.KEY_MADE, About(key.beginning), noted)
    return issued


def rotate_key(*, forum: Forum, key_id: int, noted: Noted = OPERATOR) -> IssuedKey | None:
    """Give a program a new secret key and a new access token; those from before hold for ``OVERLAP``.

    The new token acts as who rotates. If somebody else had it made, her own ends at once: a token reaches every forum
    of its person, and neither is to act as the other. So does one that she has ended by signing out everywhere.

    Returns:
        The keys with the new ones; None where the forum has no such key, or somebody else has just done it.
    """
    key = Key.objects.filter(forum=forum, pk=key_id).first()
    if key is None:
        return None
    issued = IssuedKey(key.public_key, _new(), _new())
    by = noted.by or key.by
    acts_as = (by.pk, by.token_epoch) if by else (None, None)
    columns: dict[str, Any] = {
        "by_id": acts_as[0],
        "by_epoch": acts_as[1],
        "former_secret_key": key.secret_key,
        "former_secret_digest": key.secret_digest,
        "former_token_digest": key.access_token_digest if acts_as == (key.by_id, key.by_epoch) else None,
        "former_until": timezone.now() + OVERLAP,
        "secret_key": issued.secret_key,
        "secret_digest": digest_of(issued.secret_key),
        "access_token_digest": digest_of(issued.access_token),
    }
    with writing("default"):
        done = claim(key, when={"secret_digest": key.secret_digest, "by_id": key.by_id}, **columns)
        if done:
            note_change(forum, Change.What.KEY_ROTATED, About(key.beginning), noted)
    tell_changed(forum.pk)
    return issued if done else None


def revoke_key(*, forum: Forum, key_id: int, noted: Noted = OPERATOR) -> bool:
    """Take the keys of a program away; known everywhere after five seconds.

    Returns:
        Whether the forum had it.
    """
    taken = False
    with writing("default"):
        key = Key.objects.filter(forum=forum, pk=key_id).first()
        if key is not None and (taken := bool(key.delete()[0])):
            note_change(forum, Change.What.KEY_REVOKED, About(key.beginning), noted)
    tell_changed(forum.pk)
    return taken


def _new() -> str:
    """A key of 48 characters, 288 bits; none begins with the dash that a command would take for an option."""
    while (key := secrets.token_urlsafe(36)).startswith("-"):
        pass
    return key


def _first_owner(forum: Forum) -> User | None:
    owner = (
        Role.objects.filter(forum=forum, kind=Role.Kind.OWNER)
        .select_related("user")
        .order_by("kind", "id")
        .first()
    )
    return owner.user if owner else None
