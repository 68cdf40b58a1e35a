"""Which forum is meant, and where its rows live: answered in the process, from a copy a few seconds old."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Prefetch

from descant.forums.counting import key_uses
from descant.forums.models import FORUM_NAME, Domain, Forum, Key, Role
from django_headroom.replicas import read

Row = TypeVar("Row")

GLOBAL = "default"

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
        kept = _keep(_forum(name=name), name)
    return kept.forum


def forum_with_id(forum_id: int) -> Forum:
    """The forum of this id, with its domains and roles loaded."""
    kept = _by_id.get(forum_id)
    if kept is None or kept.until < time.monotonic():
        kept = _keep(_forum(pk=forum_id), str(forum_id))
    return kept.forum


def forum_with_public_key(public_key: str) -> Forum:
    """The forum whose programs show this key; the key's use is counted, without a query.

    Raises:
        UnknownKey: there is none.
    """
    kept = _by_public_key.get(public_key)
    if kept is None or kept.until < time.monotonic():
        key = _key(public_key)
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


def _forum(**which: Any) -> Forum | None:
    def reading(alias: str) -> Forum | None:
        with_it = [
            Prefetch("domains", Domain.objects.using(alias)),
            Prefetch("roles", Role.objects.using(alias)),
        ]
        return Forum.objects.using(alias).filter(**which).prefetch_related(*with_it).first()

    return _near(reading)


def _key(public_key: str) -> Key | None:
    return _near(
        lambda alias: Key.objects.using(alias).filter(public_key=public_key).only("forum_id").first()
    )


def _near(reading: Callable[[str], Row | None]) -> Row | None:
    """From a near copy of the global database; from the primary if that one has not heard of it."""
    return read(GLOBAL, reading, own=False, enough=lambda found: found is not None)


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
