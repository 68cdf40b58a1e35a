"""Choosing the copy to read from, and reading: what fails on a replica is read once more, on the primary."""

import hashlib
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError, ProgrammingError

from django_headroom.conf import headroom
from django_headroom.replicas import positions, sessions, waiting, watching
from django_headroom.replicas.positions import Position
from django_headroom.replicas.sessions import Session
from django_headroom.replicas.sparing import spared

Found = TypeVar("Found")
Copies = Sequence[str] | Mapping[str, float]


def read(
    primary: str,
    reading: Callable[[str], Found],
    *,
    own: bool = True,
    enough: Callable[[Found], bool] | None = None,
) -> Found:
    """Call ``reading(alias)`` with the best copy of a database; what fails on a replica is read on the primary.

    Args:
        primary: the alias of the primary.
        reading: queries that all go to the alias it is given, so that they see one state. It changes nothing, for it
            may be called twice.
        own: whether the reader of the session must find what she wrote herself. Where that does not matter, as with
            other people's names, False saves the look-up.
        enough: whether what a replica gave will do; if not it is read on the primary, as for a row that must be there.

    Returns:
        What ``reading`` returns.

    Raises:
        PrimaryIsSpared: no replica is near, and as many readers as may do so read the primary already.

    >>> read("p1", lambda alias: Comment.objects.using(alias).filter(forum_id=1).count())
    """
    if not headroom().replicas.get(primary):
        return reading(primary)
    copy = near_copy(primary, own=own)
    if copy != primary:
        found = _found_on(copy, reading, enough)
        if found:
            return found[0]
        sessions.keep_to(primary, note=own)
    with spared(primary):
        return reading(primary)


def _found_on(
    copy: str, reading: Callable[[str], Found], enough: Callable[[Found], bool] | None
) -> tuple[Found] | None:
    """What a replica gives, if it will do; a replica that fails is left."""
    try:
        with watching.impatient():
            found = reading(copy)
        return (found,) if enough is None or enough(found) else None
    except (OperationalError, InterfaceError):
        watching.leave(copy)
    except ProgrammingError:
        pass  # it has not heard of a new column yet; if the query is wrong, the primary will say so
    return None


def near_copy(primary: str, *, own: bool = True) -> str:
    """The alias of the copy to read: a replica within the allowed lag, or the primary's own where there is none.

    In a session it is the same one every time, and the primary once something was written there. In a transaction on
    the primary it is the primary.

    Args:
        own: as for ``read``.

    >>> near_copy("p2")
    'p2'
    """
    copies = headroom().replicas.get(primary)
    if not copies or sessions.is_in_transaction(primary):
        return primary
    session = sessions.current()
    if session is None:
        return _drawn(primary, copies)
    if session.fresh or primary in session.written:
        return primary
    copy = session.copies.get(primary)
    if copy is None or (own and copy != primary and primary not in session.satisfied):
        copy = session.copies[primary] = _chosen(primary, copies, session, own=own)
    return copy


def has_near_copy(primary: str) -> bool:
    """Whether any replica of a database is within the allowed lag, whoever asks.

    >>> has_near_copy("p2")
    False
    """
    return watching.has_near(primary)


def _drawn(primary: str, copies: Copies) -> str:
    near = [alias for alias in copies if watching.is_near(primary, alias)]
    return random.choices(near, [_weight(copies, alias) for alias in near])[0] if near else primary


def _chosen(primary: str, copies: Copies, session: Session, *, own: bool) -> str:
    """The copy of a session, which stays with the one it has read, or goes on to the primary.

    One reader comes to the same replica each time, so that she never goes back in time. Away from it she reads the
    primary and notes how far that was; then another replica will do that is as far.
    """
    had = session.copies.get(primary)
    if own:
        session.satisfied.add(primary)
    position = session.past.get(primary) if own else None
    if not session.actor and not position:
        return had or _drawn(primary, copies)
    home = _home(copies, session.actor)
    if own and session.actor:
        position = positions.later(position, positions.known(primary, session.actor))
    order = [had] if had else [home, *(alias for alias in copies if alias != home)]
    near = [alias for alias in order if alias == had or watching.is_near(primary, alias)]
    if position is not None:
        copy = _as_far(near, position) or primary
    else:
        copy = near[0] if near and near[0] == order[0] else primary
    if copy != home and own:
        session.away[primary] = copy
    return copy


def _as_far(near: Sequence[str], position: Position) -> str | None:
    """A replica that is past a position: by the last look, or else the first one, if it comes there in time."""
    for alias in near:
        if watching.has_replayed(alias, position):
            return alias
    return near[0] if near and waiting.comes_to(near[0], position, headroom().replica_wait_seconds) else None


def _home(copies: Copies, actor: str) -> str:
    """The replica of a reader, by weighted rendezvous: if the list changes, only those move who must."""

    def rank(alias: str) -> float:
        drawn = hashlib.blake2b(f"{alias}/{actor}".encode(), digest_size=6).digest()
        return -_weight(copies, alias) / math.log((int.from_bytes(drawn, "big") + 1) / (2**48 + 1))

    return max(copies, key=rank)


def _weight(copies: Copies, alias: str) -> float:
    return copies[alias] if isinstance(copies, Mapping) else 1.0
