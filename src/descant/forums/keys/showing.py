"""Which key a program shows, and as whom its token acts: answered in the process, from a copy a few seconds old."""

import time
from collections.abc import Callable
from hmac import compare_digest

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from descant.accounts.models import User
from descant.forums.directory import GLOBAL, UnknownKey, known_id
from descant.forums.keys.counting import key_uses
from descant.forums.models import Key
from descant.forums.models.keys import digest_of
from django_headroom.caching.slots import slot_of, slots
from django_headroom.conf import headroom
from django_headroom.replicas import read

KEPT_SECONDS = 5.0
KEPT_MOST = 20_000


class BadAccessToken(Exception):
    """A token that is not this program's, was revoked, or acts as nobody any more."""


_kept: dict[str, tuple[Key, int, float]] = {}


def key_with_public(public_key: str) -> Key:
    """The key of this public part; its use is counted, without a query.

    Raises:
        UnknownKey: there is none.
    """
    key = _key(f"public/{public_key}", Q(public_key=public_key))
    if key is None:
        raise UnknownKey("No forum has this api_key: copy the public key from the forum's owner.")
    return key


def known_key(public_key: str) -> Key | None:
    """The same for who only asks about it: it is not counted."""
    return _found(f"public/{public_key}", Q(public_key=public_key)) if public_key else None


def forum_called(called: str) -> str:
    """The same for a forum's name and for its public keys, where this process has met them; no query is made."""
    key, _seen, _until = _kept.get(f"public/{called}", (None, 0, 0.0))
    forum_id = known_id(called) if key is None else key.forum_id
    return called if forum_id is None else f"forum {forum_id}"


def key_with_secret(secret: str) -> Key:
    """The key of this secret part, the present one or the one from before a rotation; its use is counted.

    Raises:
        UnknownKey: there is none.
    """
    digest = digest_of(secret)
    is_former = Q(former_secret_digest=digest, former_until__gt=timezone.now())
    key = _key(f"secret/{digest}", Q(secret_digest=digest) | is_former)
    if key is None or not (key.secret_digest == digest or key.has_former()):
        raise UnknownKey("No forum has this api_secret: copy the secret key from the forum's owner.")
    return key


def key_with_token(access_token: str) -> Key:
    """The key that an access token was made with; its use is counted.

    Raises:
        BadAccessToken: there is none.
    """
    digest = digest_of(access_token)
    is_former = Q(former_token_digest=digest, former_until__gt=timezone.now())
    key = _key(f"token/{digest}", Q(access_token_digest=digest) | is_former)
    if key is None:
        raise BadAccessToken("Invalid access token: copy it anew from the forum's owner.")
    return key


def bearer_of(key: Key, access_token: str) -> User:
    """As whom a program acts that shows this token beside its key; asks the database once.

    Raises:
        BadAccessToken
    """
    digest = digest_of(access_token)
    is_good = any(compare_digest(digest, each) for each in key.token_digests())
    user = User.objects.filter(pk=key.by_id or 0, is_active=True).first() if is_good else None
    if user is None or key.by_epoch not in (user.token_epoch, None):
        raise BadAccessToken("Invalid access token: copy it anew from the forum's owner.")
    return user


def slot_of_keys(forum_id: int) -> int:
    """The slot by which every process of this machine is told that a forum's keys were changed."""
    return slot_of("keys", forum_id)


def tell_changed(forum_id: int) -> None:
    """After a change of a forum's keys: when it is committed, every process of this machine reads them anew."""
    transaction.on_commit(lambda: slots().raise_slots(slot_of_keys(forum_id)), using=GLOBAL)


def forget() -> None:
    """Drop all copies of this process."""
    _kept.clear()


def _key(name: str, which: Q) -> Key | None:
    key = _found(name, which)
    if key is not None:
        key_uses.add(key.pk)
    return key


def _found(name: str, which: Q) -> Key | None:
    key, seen, until = _kept.get(name, (None, 0, 0.0))
    if key is None or until < time.monotonic() or not slots().is_fresh(seen, slot_of_keys(key.forum_id)):
        seen = slots().last()
        key = _read(lambda alias: Key.objects.using(alias).filter(which).first())
        if key is None:
            return None
        if len(_kept) >= KEPT_MOST:
            _kept.clear()
        _kept[name] = (key, seen, time.monotonic() + KEPT_SECONDS)
    return key


def _read(reading: Callable[[str], Key | None]) -> Key | None:
    """From a near copy of the global database; from the primary if that one knows none, or may not know of a change."""
    return read(GLOBAL, reading, own=False, enough=lambda found: found is not None and _is_settled(found))


def _is_settled(key: Key) -> bool:
    return not slots().lately(slot_of_keys(key.forum_id), headroom().replica_position_seconds)
