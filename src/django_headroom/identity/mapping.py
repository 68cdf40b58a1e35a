"""``with identity_map():`` one row, one object, until the block ends; the talk's last wish (slide 53, ticket 17)."""

import logging
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Literal, TypeAlias

from django.db import connections, models, transaction
from django.db.models.expressions import Combinable

from django_headroom.homes import primary_of
from django_headroom.identity.kept import Conflict, Kept, still

logger = logging.getLogger(__name__)

Conflicts: TypeAlias = Literal["note", "raise"]
_Key: TypeAlias = tuple[type[models.Model], str, Any]  # a model, the alias of a primary, a primary key


class IdentityMap:
    """The objects of one scope; ``conflicts`` lists those noted, which are in the log as well."""

    def __init__(self, mode: Conflicts, at_most: int) -> None:
        self.conflicts: list[Conflict] = []
        self.closed = False
        self._raises = mode == "raise"
        self._at_most = at_most
        self._kept: dict[_Key, Kept] = {}
        self._held: dict[
            _Key, models.Model
        ] = {}  # the latest stay alive; an older one, while somebody has it
        self._deleted: weakref.WeakValueDictionary[int, models.Model] = weakref.WeakValueDictionary()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def is_deleted(self, row: models.Model) -> bool:
        """Whether the object's row was deleted in this scope."""
        return self._deleted.get(id(row)) is row

    def find(self, model: type[models.Model], alias: str, pk: Any) -> Any:
        """The object of a row, if it is here with every column and nothing was written past it; else None."""
        kept, row = self._at((model, primary_of(alias), pk))
        if kept is None or row is None or not kept.sure:
            return None
        return row if len(kept.columns) == len(model._meta.concrete_fields) else None

    def take(self, key: _Key, db: str, told: dict[str, Any], make: Callable[[], Any]) -> Any:
        """The object of a row that was just read: the one that is here, brought up to date, else a new one."""
        kept, row = self._at(key)
        if kept is None or row is None:
            return self._keep(key, make(), told, db == key[1])
        self._report(kept.merge(row, told, db == key[1]))
        if db == key[1]:
            row._state.db = db
        self._hold(key, row)
        return row

    def told(self, row: models.Model, names: Iterable[str] | None = None, *, at_primary: bool = True) -> None:
        """What an object says in these columns (or in all) is what the database says: it was read, or written."""
        key = _key(row)
        told = {name: row.__dict__[name] for name in _columns(row, names) if name in row.__dict__}
        kept, mapped = self._at(key)
        if kept is None or mapped is None:
            if len(told) == len(row._meta.concrete_fields):  # of the others nobody knows what was not saved
                self._keep(key, row, told, at_primary)
        elif mapped is not row:  # another object of the row, made before the scope or past it
            self._report(kept.merge(mapped, told, at_primary))
        else:
            kept.columns.update({name: still(value) for name, value in told.items()})
            kept.expired -= told.keys()
            kept.at_primary = kept.at_primary or at_primary
            kept.sure = kept.sure or names is None
        computed = [name for name, value in told.items() if isinstance(value, Combinable)]
        if computed and key in self._kept:  # what an expression came to only the database knows
            self._kept[key].expire(row, computed)

    def written(
        self, row: models.Model, names: Iterable[str] | None = None, *, created: bool = False
    ) -> None:
        """As ``told``, by a write: if its transaction is rolled back, these columns are expired."""
        key, columns = _key(row), _columns(row, names)
        row._state.db = key[1]
        self.told(row, columns)
        self._on_rollback(key[1], lambda: self._forget(key) if created else self._expire(key, columns))

    def deleted(self, row: models.Model, pk: Any) -> None:
        """A row was deleted, and perhaps others with it."""
        model, alias, _ = _key(row)
        for each in (row, self._at((model, alias, pk))[1]):
            if each is not None:
                self._deleted[id(each)] = each
        self._forget((model, alias, pk))
        self.doubt(alias)
        marked = id(row)
        self._on_rollback(alias, lambda: self._deleted.pop(marked, None))

    def doubt(self, alias: str) -> None:
        """Rows of a database were written past their objects: whoever asks for one again, asks the database."""
        alias = primary_of(alias)
        for _, kept, _ in self._of(alias):
            kept.sure = False
        self._on_rollback(alias, lambda: self._expire_all(alias))

    def expired(self, row: models.Model) -> Collection[str]:
        """The columns of an object that a rollback has expired."""
        kept, mapped = self._at(_key(row))
        return kept.expired if kept and mapped is row else ()

    def close(self) -> None:
        """Let go of everything."""
        self.closed = True
        self._kept.clear()
        self._held.clear()
        self._deleted.clear()

    def _at(self, key: _Key) -> tuple[Kept | None, models.Model | None]:
        kept = self._kept.get(key)
        return kept, kept.row() if kept else None

    def _keep(self, key: _Key, row: Any, told: dict[str, Any], at_primary: bool) -> Any:
        if not self.closed:
            self._kept[key] = Kept(weakref.KeyedRef(row, self._let_go, key), told, at_primary)
            self._hold(key, row)
        return row

    def _let_go(self, dead: Any) -> None:
        key = dead.key
        if key in self._kept and self._kept[key].row is dead:
            del self._kept[key]

    def _hold(self, key: _Key, row: models.Model) -> None:
        if key not in self._held:
            with self._lock:
                self._held[key] = row
                if len(self._held) > self._at_most:
                    del self._held[next(iter(self._held))]

    def _report(self, conflict: Conflict | None) -> None:
        if conflict is not None:
            if self._raises:
                raise conflict
            self.conflicts.append(conflict)
            logger.warning("%s", conflict)

    def _of(self, alias: str) -> list[tuple[_Key, Kept, models.Model]]:
        found = [(key, kept, kept.row()) for key, kept in list(self._kept.items()) if key[1] == alias]
        return [(key, kept, row) for key, kept, row in found if row is not None]

    def _forget(self, key: _Key) -> None:
        self._kept.pop(key, None)
        with self._lock:
            self._held.pop(key, None)

    def _expire(self, key: _Key, names: Collection[str]) -> None:
        kept, row = self._at(key)
        if kept is not None and row is not None:
            kept.expire(row, names)

    def _expire_all(self, alias: str) -> None:
        for _, kept, row in self._of(alias):
            kept.expire(row, [name for name, was in kept.columns.items() if row.__dict__.get(name) == was])

    def _on_rollback(self, alias: str, act: Callable[[], Any]) -> None:
        if connections[alias].in_atomic_block:
            transaction.on_commit(_Unless(act), using=alias)


class _Unless:
    """Acts when it is let go without having been called.

    Django calls what was given to ``on_commit`` after the commit, and lets go of it uncalled when the transaction, or
    the savepoint that it was given in, is rolled back.
    """

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act: Callable[[], Any] | None = act

    def __call__(self) -> None:
        self._act = None

    def __del__(self) -> None:
        if self._act is not None:
            self._act()


_open: ContextVar[IdentityMap | None] = ContextVar("identity_map", default=None)
when_first_opened: list[Callable[[], None]] = []


@contextmanager
def identity_map(*, conflicts: Conflicts = "note", at_most: int = 10_000) -> Iterator[IdentityMap]:
    """Until the block ends, one row of a ``Mapped`` model is one object, however it is read.

    Read again, it is brought up to date; a change that was not saved is kept, and if the database has another one by
    now, that is a ``Conflict``. Threads begin without a map; tasks begun inside the block share it.

    Args:
        conflicts: ``"note"`` logs them and lists them in ``.conflicts``, ``"raise"`` raises the first.
        at_most: so many objects are kept alive; beyond them, those that somebody else holds.

    Returns:
        The map: ``len()``, ``.conflicts``, ``.is_deleted(row)``.

    >>> with identity_map():
    ...     assert Person.objects.get(pk=7) is Person.objects.get(pk=7)  # one query
    """
    for act in when_first_opened:
        act()
    when_first_opened.clear()
    opened = IdentityMap(conflicts, at_most)
    token = _open.set(opened)
    try:
        yield opened
    finally:
        _open.reset(token)
        opened.close()


@contextmanager
def bypassed() -> Iterator[None]:
    """Rows read in the block are objects of their own, as many rows that pass once should be."""
    token = _open.set(None)
    try:
        yield
    finally:
        _open.reset(token)


def open_map() -> IdentityMap | None:
    """The map of this scope, if one is open."""
    opened = _open.get()
    return None if opened is None or opened.closed else opened


def _key(row: models.Model) -> _Key:
    return type(row), primary_of(row._state.db or ""), row.pk


def _columns(row: models.Model, names: Iterable[str] | None) -> list[str]:
    fields, wanted = row._meta.concrete_fields, None if names is None else {*names}
    return [
        each.attname for each in fields if wanted is None or each.attname in wanted or each.name in wanted
    ]
