"""Which forum is meant, and where its rows live: answered in the process, from a copy a few seconds old."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import Model

from descant import __version__
from descant.forums.caches.purging import purge_soon, purge_surely
from descant.forums.caches.surrogates import forum_tag
from descant.forums.models import FORUM_NAME, Category, Domain, Forum, Role
from django_headroom.caching.slots import slot_of, slots
from django_headroom.conf import headroom
from django_headroom.partitions import Directory, LastKnown, UnknownTenant
from django_headroom.replicas import read
from django_headroom.skinny import Columns
from django_headroom.transactions import writing

Row = TypeVar("Row")

GLOBAL = "default"

KEPT_SECONDS = 5.0
KEPT_MOST = 20_000


class UnknownForum(UnknownTenant):
    """No forum has this name."""


class UnknownKey(UnknownTenant):
    """No forum has this key."""


_FORUM = Columns(Forum, *(field.name for field in Forum._meta.concrete_fields))
_ids_by_name: dict[str, int] = {}


def forum_named(name: str) -> Forum:
    """The forum of this name, with its domains, roles and categories loaded.

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
        return forums.keep(_load(name, "name", name), seen)
    except (OperationalError, InterfaceError):
        known = last_known.find(name)
        if known is None:
            raise
        return forum_with_id(known)


def forum_with_id(forum_id: int) -> Forum:
    """The forum of this id, with its domains, roles and categories loaded."""
    return forums.tenant(forum_id)


def forums_with_ids(forum_ids: Collection[int]) -> dict[int, Forum]:
    """Several forums by their ids, loaded together; an unknown id is left out."""
    seen = slots().last()
    found = _near(
        lambda alias: _whole_forums(alias, "id", *forum_ids),
        enough=lambda found: all(map(_is_settled, found or ())),
    )
    return {forum.pk: forums.keep(forum, seen) for forum in found or ()}


def known_id(name: str) -> int | None:
    """The id of a forum that this process has met by its name; no query is made."""
    return _ids_by_name.get(name)


def slot_of_forum(forum_id: int) -> int:
    """The slot by which every process of this machine is told that a forum was changed."""
    return slot_of("forum", forum_id)


def tell_changed(forum: Forum) -> None:
    """After a change of a forum: when it is committed, every process of this machine reads it anew."""
    forget()
    with writing(GLOBAL):
        purge_surely(forum_tag(forum.pk), at=GLOBAL, forum_id=forum.pk)
        transaction.on_commit(lambda: _say_changed(forum.pk), using=GLOBAL)


def _say_changed(forum_id: int) -> None:
    slots().raise_slots(slot_of_forum(forum_id))
    purge_soon(forum_tag(forum_id))


def forget() -> None:
    """Drop all copies of this process."""
    _ids_by_name.clear()
    forums.forget()


def _load(asked: str, column: str, value: object) -> Forum:
    forum = _forum(column, value)
    if forum is None:
        raise UnknownForum(f"There is no forum {asked[:60]!r} here: check the name, or open it first.")
    if len(_ids_by_name) >= KEPT_MOST:
        _ids_by_name.clear()
    _ids_by_name[forum.name] = forum.pk
    last_known.note(forum.name, forum.pk)
    return forum


def _forum(column: str, value: object) -> Forum | None:
    return _near(
        lambda alias: next(iter(_whole_forums(alias, column, value)), None),
        enough=lambda found: found is not None and _is_settled(found),
    )


def _is_settled(forum: Forum) -> bool:
    """Whether the last change is so long ago that every copy that is read has heard of it."""
    return not slots().lately(slot_of_forum(forum.pk), headroom().replica_position_seconds)


def _whole_forums(alias: str, column: str, *values: object) -> list[Forum]:
    """The forums with these values in a column, with what belongs to them: that is one query, whichever there are.

    Written out, for the first page of a forum that nobody has read lately waits for it: the ORM's compiling took longer
    than the databases did.
    """
    if not values:
        return []
    sql = f"SELECT {_FORUM.written(alias)} FROM forums_forum WHERE {column} IN ({_marks(values)})"
    found = {forum.pk: forum for forum in _FORUM.rows(alias, sql, values)}
    domains: dict[int, list[Model]] = {key: [] for key in found}
    roles: dict[int, list[Model]] = {key: [] for key in found}
    categories: dict[int, list[Model]] = {key: [] for key in found}
    for forum_id, key, said, user_id, place, former in _belongings(alias, [*found]):
        told: dict[str, Any] = {"pk": key, "forum": found[forum_id]}
        if user_id is not None:
            roles[forum_id].append(Role(kind=said, user_id=user_id, **told))
        elif place is not None:
            categories[forum_id].append(Category(title=said, place=place, former=former, **told))
        else:
            domains[forum_id].append(Domain(host=said, **told))
    for key, forum in found.items():
        _give(forum, alias, domains=domains[key], roles=roles[key], categories=categories[key])
    return [*found.values()]


def _belongings(alias: str, forum_ids: Sequence[int]) -> Iterable[Any]:
    """Forum, key, and a host; the kind of a role and who has it; the title of a category, its place and former id."""
    if not forum_ids:
        return ()
    # PostgreSQL asks what kind of nothing it is, of two parts at a time.
    no, of = "CAST(NULL AS bigint)", f"WHERE forum_id IN ({_marks(forum_ids)})"
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT forum_id, id, host, {no}, {no}, '' FROM forums_domain {of}"
            f" UNION ALL SELECT forum_id, id, kind, user_id, {no}, '' FROM forums_role {of}"
            f" UNION ALL SELECT forum_id, id, title, {no}, place, former FROM forums_category {of}",
            [*forum_ids] * 3,
        )
        return cursor.fetchall()


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _give(forum: Forum, alias: str, **belongings: Sequence[Model]) -> None:
    """As Django's ``prefetch_related`` leaves them."""
    given: Any = forum
    given._prefetched_objects_cache = {}
    for name, rows in belongings.items():
        for row in rows:
            row._state.adding, row._state.db = False, alias
        every = getattr(forum, name).using(alias)
        every._result_cache, every._prefetch_done = list(rows), True
        given._prefetched_objects_cache[name] = every


def _near(reading: Callable[[str], Row | None], *, enough: Callable[[Row | None], bool]) -> Row | None:
    """From a near copy of the global database; from the primary if what that one knows is not enough."""
    return read(GLOBAL, reading, own=False, enough=enough)


# A process that starts while the global database is out of reach shows the forums that others have shown that day.
last_known = LastKnown(settings.DESCANT_DATA / "forums.known", release=__version__)
forums: Directory[Forum] = Directory(
    lambda forum_id: _load(str(forum_id), "id", forum_id),
    seconds=KEPT_SECONDS,
    slot=slot_of_forum,
    last_known=last_known,
)
