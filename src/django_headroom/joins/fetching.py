"""Rows by their keys from one place: asked once of whatever may have them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from django.db import models

from django_headroom import replicas
from django_headroom.identity import open_map
from django_headroom.joins.prefetching import chunks

Place: TypeAlias = tuple[type[models.Model], str, str]  # a model, a database, the column that is asked for
Fetch: TypeAlias = Callable[[str, Collection[Any]], Iterable[Any]]  # (a database, keys) -> the rows


class RowCache(Protocol):
    """Rows kept elsewhere, for ``attach(…, cache=…)``: asked once before each place is, and told what was read."""

    def get_many(self, model: type[models.Model], alias: str, keys: Collection[Any]) -> Mapping[Any, Any]: ...

    def set_many(self, model: type[models.Model], alias: str, rows: Mapping[Any, Any]) -> None: ...


def fetch_rows(
    place: Place, keys: set[Any], cache: RowCache | None, *, from_any_copy: bool, fetch: Fetch | None
) -> dict[Any, Any]:
    """The rows that are wanted from a place, by their keys: from an open identity map, the cache, the database."""
    model, alias, column = place
    far: dict[Any, Any] = {}
    opened = open_map()
    if opened is not None and column == "pk":
        far = {key: row for key in keys if (row := opened.find(model, alias, key)) is not None}
    if cache is not None and column == "pk" and keys - far.keys():
        far.update(cache.get_many(model, alias, keys - far.keys()))
    read = {}
    for chunk in chunks(keys - far.keys()):
        for row in _read(place, chunk, from_any_copy=from_any_copy, fetch=fetch):
            read[getattr(row, column)] = row
    if cache is not None and column == "pk" and read:
        cache.set_many(model, alias, read)
    return {**far, **read}


def _read(place: Place, keys: list[Any], *, from_any_copy: bool, fetch: Fetch | None) -> list[Any]:
    """Far rows from a near copy of their database; from the primary if one of them is too new for that."""
    model, there, column = place

    def reading(alias: str) -> list[Any]:
        if fetch is not None and column == "pk":
            return list(fetch(alias, keys))
        return list(model._base_manager.using(alias).filter(**{f"{column}__in": keys}))

    if not from_any_copy:
        return reading(there)
    return replicas.read(there, reading, own=False, enough=lambda found: len(found) == len(keys))
