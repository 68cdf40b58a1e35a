"""What takes part in an identity map: ``Mapped`` models, their ``MappedQuerySet``, and a request, by the middleware."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any, cast
from uuid import UUID

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.db.models.query import ModelIterable, RawQuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from django_headroom.homes import primary_of
from django_headroom.identity.mapping import bypassed, identity_map, open_map, when_first_opened

CHUNK = 1_000

when_written: dict[Any, Callable[[models.Model], None]] = {}
"""Model -> who is told of its rows that were written by other means than ``save()``."""


class MappedQuerySet(models.QuerySet[Any]):
    """A queryset that knows the identity map: ``get()`` by primary key asks there first.

    Rows with annotations, ``raw()`` and ``iterator()`` stay out of the map, for they are more, less, or too many.

    >>> class ItemQuerySet(MappedQuerySet, PartitionedQuerySet): ...
    """

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's; by primary key alone, of a row that is in the map, without a query."""
        opened = open_map()
        if opened is not None:
            pk = _only_key(self, args, kwargs)
            if pk is not None:
                found = opened.find(self.model, self.db, pk)
                if found is not None and all(_holds(each, found) for each in self.query.where.children):
                    return found
        return super().get(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """As Django's; what is mapped of this database is asked for anew when it is next wanted."""
        return self._past_the_map(super().update, **kwargs)  # type: ignore[no-any-return]

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's; what is mapped of this database is asked for anew when it is next wanted."""
        return self._past_the_map(super().delete)  # type: ignore[no-any-return]

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """As Django's, past the map."""
        rows = super().iterator(chunk_size)
        return rows if open_map() is None else _past(rows)

    def aiterator(self, chunk_size: int = CHUNK) -> AsyncIterator[Any]:
        """As Django's, past the map."""
        return super().aiterator(chunk_size) if open_map() is None else _apast(super().iterator(chunk_size))

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's, past the map: a raw column may hold anything."""
        found = super().raw(*args, **kwargs)
        found.__class__ = _RawPastTheMap
        return found

    def _past_the_map(self, act: Callable[..., Any], **values: Any) -> Any:
        opened = open_map()
        done = act(**values)
        if opened is not None:
            self._for_write = True
            opened.doubt(self.db)
        return done

    def _fetch_all(self) -> None:
        if open_map() is None or not self.query.annotation_select:
            super()._fetch_all()
            return
        with bypassed():
            super()._fetch_all()


class _RawPastTheMap(RawQuerySet):  # type: ignore[type-arg]  # not generic when it runs
    def iterator(self) -> Iterator[Any]:
        return _past(super().iterator())


class Mapped(models.Model):
    """A model whose rows are one object each while an identity map is open; else as Django has it.

    >>> class Person(Mapped):
    ...     objects = MappedQuerySet.as_manager()
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        opened, created = open_map(), self._state.adding
        super().save(*args, **options)
        if opened is not None:
            opened.written(self, options.get("update_fields"), created=created)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        opened, pk = open_map(), self.pk
        done = super().delete(*args, **options)
        if opened is not None:
            opened.deleted(self, pk)
        return done

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        opened = open_map()
        if opened is None:
            super().refresh_from_db(using, fields, from_queryset)
            return
        if fields is not None:  # one that a rollback has expired brings all of them
            fields = {*fields, *opened.expired(self)}
        with bypassed():
            super().refresh_from_db(using, fields, from_queryset)
        db = self._state.db or ""
        opened.told(self, fields, at_primary=db == primary_of(db))


def _from_db(cls: type[Mapped], /, db: str | None, field_names: Any, values: Any, **options: Any) -> Any:
    make = super(Mapped, cls).from_db
    opened = open_map()
    if opened is not None and db is not None:
        told = dict(zip(field_names, values, strict=True))
        pk = _pk_in(cls, told)
        if pk is not None:
            key = (cls, primary_of(db), pk)
            return opened.take(key, db, told, lambda: make(db, field_names, values, **options))
    return make(db, field_names, values, **options)


def written(row: models.Model, names: Iterable[str] | None = None, *, created: bool = False) -> None:
    """Tell an open map that these columns of a row (or all) were written by other means than ``save()``.

    Whoever else wants to know of a model stands in ``when_written``.

    >>> written(thread, ["version"])
    """
    if when_written and (hear := when_written.get(row._meta.concrete_model)):
        hear(row)
    opened = open_map()
    if opened is not None and isinstance(row, Mapped):
        opened.written(row, names, created=created)


def _take_part() -> None:
    """Rows pass by the map in processes that have ever opened one; in the others a row costs nothing more."""
    Mapped.from_db = classmethod(_from_db)  # type: ignore[assignment, method-assign]


when_first_opened.append(_take_part)


class IdentityMapMiddleware:
    """One identity map for the length of each request, in sites with threads and in asynchronous ones."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer(request)
        with identity_map():
            return self._get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        with identity_map():
            return cast(HttpResponseBase, await self._get_response(request))


def _only_key(queryset: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The primary key, if the row of one is asked for and nothing else; its tenant may be named as well."""
    asked: list[Any] = [*kwargs.items()]
    for each in args:  # as a foreign key asks, by a Q of one condition
        if (
            not isinstance(each, Q)
            or each.negated
            or not all(isinstance(child, tuple) for child in each.children)
        ):
            return None
        asked += each.children
    field, query = queryset.model._meta.pk, queryset.query
    if len(asked) != 1 or asked[0][0] not in ("pk", field.name, field.attname):
        return None
    more = (
        query.is_sliced
        or query.combinator
        or query.select_related
        or query.select_for_update
        or query.annotation_select
        or query.deferred_loading != (frozenset(), True)
        or queryset._prefetch_related_lookups
        or not issubclass(queryset._iterable_class, ModelIterable)
        or not _is_of_a_tenant_at_most(queryset)
    )
    # A partitioned queryset that was not told whose rows finds its database, or its refusal, by itself.
    if more or (hasattr(queryset.model, "partition_key") and queryset._db is None):
        return None
    value = asked[0][1]
    return field.to_python(value) if type(value) in (int, UUID) else None


def _is_of_a_tenant_at_most(queryset: Any) -> bool:
    tenant, where = getattr(queryset.model, "partition_key", None), queryset.query.where
    return not where.negated and all(
        isinstance(each, Exact) and isinstance(each.lhs, Col) and each.lhs.target.attname == tenant
        for each in where.children
    )


def _holds(condition: Any, row: Any) -> bool:
    return bool(getattr(row, condition.lhs.target.attname) == condition.rhs)


def _pk_in(model: type[models.Model], told: dict[str, Any]) -> Any:
    names = _pk_names(model)
    if len(names) == 1:
        return told.get(names[0])
    return tuple(told[name] for name in names) if told.keys() >= {*names} else None


@cache
def _pk_names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.pk_fields)


def _past(rows: Iterator[Any]) -> Iterator[Any]:
    while chunk := _next(rows):
        yield from chunk


async def _apast(rows: Iterator[Any]) -> AsyncIterator[Any]:
    while chunk := await sync_to_async(_next)(rows):
        for row in chunk:
            yield row


def _next(rows: Iterator[Any]) -> list[Any]:
    with bypassed():
        return list(islice(rows, CHUNK))
