"""``SkinnyQuerySet``: rows that pass once and are not kept; the talk's "Removing the Cache" (slides 25 and 26)."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Self

import django
from asgiref.sync import sync_to_async
from django.db import models

from django_headroom.identity import bypassed
from django_headroom.joins import CHUNK, attach

_OWN_CODE = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(django.__file__).parent}{os.sep}")


class QuerySetDoubleIteration(TypeError):
    """Rows asked for again that have passed and were not kept.

    A ``TypeError``, because ``list(queryset)`` asks for a length on its way, and takes only that for "nobody knows".
    """


class SkinnyQuerySet(models.QuerySet[Any]):
    """A queryset whose rows pass once and are not kept; asking again is an error that names the first pass.

    ``len()`` or ``bool()`` *before* the pass load and keep the rows as Django does, and the pass goes over those.
    ``count()``, ``exists()``, ``first()``, ``get()``, ``filter()``, ``all()`` and slices ask anew at any time.

    Raises:
        QuerySetDoubleIteration: a second pass; or ``len()``, ``bool()``, ``in``, ``rows[0]`` or pickling after one.

    >>> class ItemQuerySet(SkinnyQuerySet, PartitionedQuerySet): ...
    >>> class Item(Partitioned):
    ...     objects = ItemQuerySet.as_manager()
    """

    _attaching: tuple[str, ...] = ()

    def attaching(self, *names: str) -> Self:
        """``attach`` these names to the rows as they pass, a chunk at a time.

        >>> for item in skinny(Item.objects.of(bakery)).attaching("maker"): ...
        """
        clone: Self = self._chain()  # type: ignore[attr-defined]
        clone._attaching = (*self._attaching, *names)
        return clone

    def __iter__(self) -> Iterator[Any]:
        if self._result_cache is not None:
            return iter(self._result_cache)
        return self.iterator()

    def __contains__(self, row: object) -> bool:  # Python's own would put words of its own over the refusal
        return any(row is each or row == each for each in self)

    def __aiter__(self) -> AsyncIterator[Any]:
        if self._result_cache is not None:
            return super().__aiter__()
        return self.aiterator()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """As Django's; it is the one pass."""
        self._begin()
        return self._pass(chunk_size or CHUNK)

    def aiterator(self, chunk_size: int = CHUNK) -> AsyncIterator[Any]:
        """As Django's; it is the one pass."""
        self._begin()
        return self._apass(chunk_size)

    def __getitem__(self, k: Any) -> Any:
        if not isinstance(k, slice):
            self._refuse_after_the_pass()
        return super().__getitem__(k)

    def _begin(self) -> None:
        # Of two threads that begin together setdefault lets one in.
        mine = [_caller()]
        if self.__dict__.setdefault("_passed", mine) is not mine:
            self._refuse_after_the_pass()

    def _refuse_after_the_pass(self) -> None:
        if self._result_cache is None and "_passed" in self.__dict__:
            raise QuerySetDoubleIteration(
                f"These rows of {self.model.__name__} passed at {self.__dict__['_passed'][0]} and were not kept: "
                f"ask anew with .all(), or keep them there, as rows = list(queryset)."
            )

    def _pass(self, size: int) -> Iterator[Any]:
        rows = super().iterator(size)
        while chunk := self._next(rows, size):
            yield from chunk

    async def _apass(self, size: int) -> AsyncIterator[Any]:
        rows = super().iterator(size)
        while chunk := await sync_to_async(self._next)(rows, size):
            for row in chunk:
                yield row

    def _next(self, rows: Iterator[Any], size: int) -> list[Any]:
        with bypassed():
            return attach(islice(rows, size), *self._attaching)

    def _fetch_all(self) -> None:
        self._refuse_after_the_pass()
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh:
            attach(self._result_cache or (), *self._attaching)

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._attaching = self._attaching
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied: Self = super().__deepcopy__(memo)
        copied.__dict__.pop("_passed", None)
        return copied


def skinny(queryset: models.QuerySet[Any]) -> Any:
    """The same rows, passing once: of any queryset, with its own methods kept.

    >>> for comment in skinny(Comment.objects.of(gazette).shown()): ...
    """
    clone: Any = queryset._chain()  # type: ignore[attr-defined]
    clone.__class__ = _skinny_kind(type(queryset))
    return clone


@cache
def _skinny_kind(kind: type[Any]) -> type[Any]:
    return (
        kind
        if issubclass(kind, SkinnyQuerySet)
        else type(f"Skinny{kind.__name__}", (SkinnyQuerySet, kind), {})
    )


def _caller() -> str:
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_OWN_CODE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
