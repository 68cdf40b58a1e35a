"""``RowsByKey``: rows of a model kept by their keys, asked for many at once.

From the talk's slide 18: "More efficient caching: get_many, object-per-row cache".
"""

import logging
import random
import time
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from django.db import connections, transaction
from django.db.models.signals import class_prepared

from django_headroom.caching import stores
from django_headroom.caching.rows.coding import Coding, Mark, Nothing, NotKeepable, check_columns
from django_headroom.caching.rows.finding import Found, find, homes_of
from django_headroom.caching.rows.hearing import hear
from django_headroom.caching.stores import ABSENT, Held
from django_headroom.conf import headroom
from django_headroom.homes import primary_of
from django_headroom.joins.prefetching import chunks
from django_headroom.replicas import positions, session
from django_headroom.replicas.watching import has_replayed, last_seen

_log = logging.getLogger(__name__)
JITTER = 0.1


class RowsByKey:
    """Declared columns of a model's rows, kept one by one; as an attribute of the model.

    Args:
        columns: names of fields, each of them named, so that none is kept by accident. The primary key comes first by
            itself.
        seconds: how long a row is kept that nobody writes.
        missing_seconds: how long it is known that there is no such row.

    >>> class Person(models.Model):
    ...     name = models.CharField(max_length=50)
    ...     rows = RowsByKey("name")
    ...     objects = RowsQuerySet.as_manager()
    """

    def __init__(self, *columns: str, seconds: float = 300.0, missing_seconds: float = 10.0) -> None:
        self._names, self._seconds, self._missing_seconds = columns, seconds, missing_seconds

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Django's: called when the model is made."""
        if model._meta.abstract:
            raise NotKeepable(f"{model.__name__} has no rows: declare them on the models that it is for.")
        setattr(model, name, self)
        class_prepared.connect(self._begin, sender=model, weak=False)

    def get_many(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Rows by their keys, in the order asked; those that are not there are left out.

        One question to the cache; one to each database of rows that are not kept, be they many; one to keep those.
        In a transaction on one of these databases all are asked of the database, and nothing is kept.

        Returns:
            Key -> a named tuple of the primary key and the declared columns; of a foreign key, its id.

        >>> Person.rows.get_many([7, 8])
        {7: Person(id=7, name='Ann'), 8: Person(id=8, name='Bo')}
        """
        wanted = list(dict.fromkeys(self._model._meta.pk.to_python(key) for key in keys))
        if not wanted:
            return {}
        if any(connections[alias].in_atomic_block for alias in homes_of(self._model)):
            read = find(self._model, self._columns, wanted)
            rows = {key: self._coding.row(each.values) for key, each in read.items() if each.values}
        else:
            rows = self._get_kept(wanted)
        return {key: rows[key] for key in wanted if key in rows}

    def get(self, key: Any) -> Any:
        """One row by its key; None if it is not there.

        >>> Person.rows.get(7).name
        'Ann'
        """
        return next(iter(self.get_many([key]).values()), None)

    def forget(self, keys: Iterable[Any], using: str) -> None:
        """Have rows read anew; once a transaction that is open there has committed, else at once.

        To be called after SQL of one's own; what the toolkit and Django write is heard by itself.

        Args:
            using: the alias of the database in which they were written.

        >>> Person.rows.forget([7], using="people")
        """
        transaction.on_commit(partial(self._mark, list(keys), primary_of(using)), using=primary_of(using))

    def _begin(self, sender: Any, **_: Any) -> None:
        """Once the model is whole."""
        meta = sender._meta
        self._model, self._key = sender, f"row/{meta.label_lower}/"
        names = (meta.pk.name, *self._names, *_tenant_of(sender))
        self._columns = list(dict.fromkeys(meta.get_field(name) for name in names))
        check_columns(sender, self._columns)
        hear(sender, self.forget)

    @cached_property
    def _coding(self) -> Coding:
        """Made late: a foreign key's target may be declared after it."""
        return Coding(self._model, self._columns)

    def _get_kept(self, wanted: Collection[Any]) -> dict[Any, Any]:
        looked_at = time.monotonic()
        held = stores.store().get_many([self._key_of(key) for key in wanted])
        rows, missing = {}, {}
        for key in wanted:
            kept = held.get(self._key_of(key))
            what = None if kept is None else self._coding.unpack(kept.value)
            if what is None or isinstance(what, Mark):
                missing[key] = (kept.token if kept else ABSENT, what)
            elif not isinstance(what, Nothing):
                rows[key] = what
        if rows:
            self._audit(rows, held)
        if missing:
            read = find(self._model, self._columns, missing)
            if time.monotonic() - looked_at < _mark_seconds() / 2:  # else a mark may have come and gone
                self._keep(read, missing)
            rows.update({key: self._coding.row(each.values) for key, each in read.items() if each.values})
        return rows

    def _keep(self, read: Mapping[Any, Found], missing: Mapping[Any, tuple[int, Mark | None]]) -> None:
        """Only where nothing has changed since it was looked: a writer may have come in between."""
        rows, nothings, tokens = {}, {}, {}
        for key, each in read.items():
            token, mark = missing[key]
            if not _is_past_last_write(each, mark):
                continue
            name = self._key_of(key)
            tokens[name] = token
            if each.values is None:
                nothings[name] = self._coding.pack(Nothing())
            else:
                rows[name] = self._coding.pack(each.values)
        for values, seconds in ((rows, self._seconds), (nothings, self._missing_seconds)):
            if values:
                seconds *= random.uniform(1 - JITTER, 1 + JITTER)
                stores.store().put_many(values, seconds=seconds, tokens=tokens)

    def _mark(self, keys: Collection[Any], primary: str) -> None:
        """In place of a row: it was written. So nobody who read it before can keep what she read."""
        has_copies = headroom().replicas.get(primary) and connections[primary].vendor == "postgresql"
        mark = self._coding.pack(Mark(positions.of_now(primary) if has_copies else None))
        for chunk in chunks(keys):
            marks = {self._key_of(key): mark for key in chunk}
            stores.store().put_many(marks, seconds=_mark_seconds())

    def _audit(self, rows: Mapping[Any, Any], held: Mapping[str, Held]) -> None:
        """Compare one of so many rows that were kept with the database; a write just now makes no difference."""
        every = headroom().rows_audited
        if not every or random.random() * every >= len(rows):
            return
        key = random.choice(list(rows))
        with session(fresh=True):
            read = find(self._model, self._columns, [key]).get(key)
        is_so = read is not None and read.values is not None and self._coding.row(read.values) == rows[key]
        name = self._key_of(key)
        if is_so or stores.store().get(name) != held[name]:
            return
        stores.store().drop(name)
        _log.error(
            "%s was kept as %r, and is %r: something writes without RowsByKey.forget().",
            name, rows[key], read and read.values,
        )  # fmt: skip

    def _key_of(self, key: Any) -> str:
        return f"{self._key}{key}"


def _mark_seconds() -> float:
    """How long a write is remembered: longer than any replica that is read is behind."""
    return headroom().replica_position_seconds


def _tenant_of(model: Any) -> tuple[str, ...]:
    tenant = getattr(model, "partition_key", None)
    return () if tenant is None else (tenant,)


def _is_past_last_write(found: Found, mark: Mark | None) -> bool:
    """Whether what was read holds all that was written to the row before it was looked for."""
    if found.copy == found.primary:
        return True
    # Of a row without a mark it is known only that it was written before the primary was seen where it was.
    last = mark.position if mark is not None else last_seen(found.primary)
    return last is not None and has_replayed(found.copy, last)
