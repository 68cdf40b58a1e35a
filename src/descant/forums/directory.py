"""Which forum is meant, and where its rows live: answered in the process, from a copy a few seconds old."""

import re
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Prefetch

from descant import __version__
from descant.forums.counting import key_uses
from descant.forums.models import FORUM_NAME, Domain, Forum, Key, Role
from descant.forums.purging import purge_soon
from descant.forums.surrogates import forum_tag
from django_headroom.caching.slots import slot_of, slots
from django_headroom.conf import headroom
from django_headroom.partitions import Directory, LastKnown, UnknownTenant
from django_headroom.replicas import read

Row = TypeVar("Row")

GLOBAL = "default"

KEPT_SECONDS = 5.0
KEPT_MOST = 20_000


class UnknownForum(UnknownTenant):
    """No forum has this name."""


class UnknownKey(UnknownTenant):
    """No forum has this key."""


_ids_by_name: dict[str, int] = {}
_keys: dict[str, tuple[Key, float]] = {}


def forum_named(name: str) -> Forum:
    """The forum of this name, with its domains and roles loaded.

    Raises:
        UnknownForum: there is none.
    """
    if not re.fullmatch(FORUM_NAME, name):
        raise UnknownForum("There is no forum of this name: it is written in a-z, 0-9 and hyphens.")
    known = _ids_by_name.get(name)
    if known is not None:
        forum = forum_with_id(known)
        if forum.name == name:
            return forum
    seen = slots().last()
    try:
        return forums.keep(_load(name, name=name), seen)
    except (OperationalError, InterfaceError):
        known = last_known.find(name)
        if known is None:
            raise
        return forum_with_id(known)


def forum_with_id(forum_id: int) -> Forum:
    """The forum of this id, with its domains and roles loaded."""
    return forums.tenant(forum_id)


def forums_with_ids(forum_ids: Collection[int]) -> dict[int, Forum]:
    """Several forums by their ids, loaded together; an unknown id is left out."""
    seen = slots().last()
    found = _near(
        lambda alias: list(
            Forum.objects.using(alias).filter(pk__in=forum_ids).prefetch_related(*_loaded(alias))
        ),
        enough=lambda found: all(map(_is_settled, found or ())),
    )
    return {forum.pk: forums.keep(forum, seen) for forum in found or ()}


def forum_with_public_key(public_key: str) -> Forum:
    """The forum whose programs show this key; the key's use is counted, without a query.

    Raises:
        UnknownKey: there is none.
    """
    key, until = _keys.get(public_key, (None, 0.0))
    if key is None or until < time.monotonic():
        key = _key(public_key)
        if key is None:
            raise UnknownKey("No forum has this api_key: copy the public key from the forum's owner.")
        _keys[public_key] = (key, time.monotonic() + KEPT_SECONDS)
    forum = forum_with_id(key.forum_id)
    key_uses.add(key.pk)
    return forum


def slot_of_forum(forum_id: int) -> int:
    """The slot by which every process of this machine is told that a forum was changed."""
    return slot_of("forum", forum_id)


def tell_changed(forum: Forum) -> None:
    """After a change of a forum: when it is committed, every process of this machine reads it anew."""
    forget()
    transaction.on_commit(lambda: _say_changed(forum.pk), using=GLOBAL)


def _say_changed(forum_id: int) -> None:
    slots().raise_slots(slot_of_forum(forum_id))
    purge_soon(forum_tag(forum_id))


def forget() -> None:
    """Drop all copies of this process."""
    _ids_by_name.clear()
    _keys.clear()
    forums.forget()


def _load(asked: str, **which: Any) -> Forum:
    forum = _forum(**which)
    if forum is None:
        raise UnknownForum(f"There is no forum {asked[:60]!r} here: check the name, or open it first.")
    if len(_ids_by_name) >= KEPT_MOST:
        _ids_by_name.clear()
    _ids_by_name[forum.name] = forum.pk
    last_known.note(forum.name, forum.pk)
    return forum


def _forum(**which: Any) -> Forum | None:
    def reading(alias: str) -> Forum | None:
        return Forum.objects.using(alias).filter(**which).prefetch_related(*_loaded(alias)).first()

    return _near(reading, enough=lambda found: found is not None and _is_settled(found))


def _is_settled(forum: Forum) -> bool:
    """Whether the last change is so long ago that every copy that is read has heard of it."""
    return not slots().lately(slot_of_forum(forum.pk), headroom().replica_position_seconds)


def _loaded(alias: str) -> list[Prefetch]:
    """What a forum that is kept has with it."""
    return [Prefetch("domains", Domain.objects.using(alias)), Prefetch("roles", Role.objects.using(alias))]


def _key(public_key: str) -> Key | None:
    return _near(
        lambda alias: Key.objects.using(alias).filter(public_key=public_key).only("forum_id").first(),
        enough=lambda found: found is not None,
    )


def _near(reading: Callable[[str], Row | None], *, enough: Callable[[Row | None], bool]) -> Row | None:
    """From a near copy of the global database; from the primary if what that one knows is not enough."""
    return read(GLOBAL, reading, own=False, enough=enough)


# A process that starts while the global database is out of reach shows the forums that others have shown that day.
last_known = LastKnown(settings.DESCANT_DATA / "forums.known", release=__version__)
forums: Directory[Forum] = Directory(
    lambda forum_id: _load(str(forum_id), pk=forum_id),
    seconds=KEPT_SECONDS,
    slot=slot_of_forum,
    last_known=last_known,
)
