"""Following a name such as ``thread.forum`` over rows that are loaded: never by a query for each row."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from django_headroom.joins.far_keys import FarKey, NotAttached


def follow(rows: Iterable[Any], steps: Sequence[str]) -> Iterable[Any]:
    """What the steps lead to from these rows, one after the other."""
    for step in steps:
        rows = [found for row in rows for found in _loaded(row, step)]
    return rows


def _loaded(row: Any, step: str) -> Iterable[Any]:
    """What a step leads to from a row, without a query."""
    if step in getattr(row, "_prefetched_objects_cache", ()):
        found: Iterable[Any] = getattr(row, step).all()
        return found
    if step in row._state.fields_cache:
        there = row._state.fields_cache[step]
        return (there,) if isinstance(there, models.Model) else ()
    field = row._meta.get_field(step)
    if getattr(row, getattr(field, "attname", ""), 0) is None:
        return ()
    cure = (
        "attach it first"
        if isinstance(field, FarKey)
        else f"use select_related({step!r}), or attach it first"
    )
    raise NotAttached(f"{type(row).__name__}.{step} is not loaded: {cure}, else each row costs a query.")
