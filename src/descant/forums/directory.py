"""Which forum is meant, and where its rows live: answered in the process, from a copy a few seconds old."""

import re
import time
from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist

from descant.forums.counting import key_uses
from descant.forums.models import FORUM_NAME, Forum, Key

KEPT_SECONDS = 5.0
KEPT_MOST = 20_000


class UnknownForum(ObjectDoesNotExist):
    """No forum has this name."""


class UnknownKey(ObjectDoesNotExist):
    """No forum has this key."""


@dataclass(frozen=True)
class _Kept:
    forum: Forum
    until: float
    key_id: int = 0


_by_name: dict[str, _Kept] = {}
_by_id: dict[int, _Kept] = {}
_by_public_key: dict[str, _Kept] = {}


def forum_named(name: str) -> Forum:
    """The forum of this name, with its domains and roles loaded.

    Raises:
        UnknownForum: there is none.
    """
    if not re.fullmatch(FORUM_NAME, name):
        raise UnknownForum("There is no forum of this name: it is written in a-z, 0-9 and hyphens.")
    kept = _by_name.get(name)
    if kept is None or kept.until < time.monotonic():
        kept = _keep(Forum.objects.filter(name=name).prefetch_related("domains", "roles").first(), name)
    return kept.forum


def forum_with_id(forum_id: int) -> Forum:
    """The forum of this id, with its domains and roles loaded."""
    kept = _by_id.get(forum_id)
    if kept is None or kept.until < time.monotonic():
        kept = _keep(
            Forum.objects.filter(pk=forum_id).prefetch_related("domains", "roles").first(), str(forum_id)
        )
    return kept.forum


def forum_with_public_key(public_key: str) -> Forum:
    """The forum whose programs show this key; the key's use is counted, without a query.

    Raises:
        UnknownKey: there is none.
    """
    kept = _by_public_key.get(public_key)
    if kept is None or kept.until < time.monotonic():
        key = Key.objects.filter(public_key=public_key).only("forum_id").first()
        if key is None:
            raise UnknownKey("No forum has this api_key: copy the public key from the forum's owner.")
        kept = _by_public_key[public_key] = _Kept(forum_with_id(key.forum_id), _soon(), key.pk)
    key_uses.add(kept.key_id)
    return kept.forum


def partition_of(forum_id: int) -> str:
    """The partition that holds a forum's rows."""
    return forum_with_id(forum_id).partition


def forget() -> None:
    """Drop all copies of this process, after a change made here."""
    for kept in (_by_name, _by_id, _by_public_key):
        kept.clear()


def _keep(forum: Forum | None, asked: str) -> _Kept:
    if forum is None:
        raise UnknownForum(f"There is no forum {asked[:60]!r} here: check the name, or open it first.")
    if len(_by_name) > KEPT_MOST:
        forget()
    kept = _Kept(forum, _soon())
    _by_name[forum.name] = _by_id[forum.pk] = kept
    return kept


def _soon() -> float:
    return time.monotonic() + KEPT_SECONDS
