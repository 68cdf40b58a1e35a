"""What Django prefetches, place by place: left to itself it asks for all rows where the first one leads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import models, router

CHUNK = 999  # what SQLite takes in one query


def prefetch(rows: Iterable[Any], name: str, field: Any) -> None:
    """Django's ``prefetch_related_objects``, for each database and 999 rows by itself.

    A tenant's rows stand in her partition, so tenants are told apart by that, and all others by where they were read.

    Args:
        rows: objects of one model.
        name: the relation, as ``prefetch_related`` knows it.
        field: what the model has of that name; None for a name that only ``prefetch_related`` knows.
    """
    found = list(rows)
    target = field.related_model if field is not None else _behind(type(found[0]), name)
    by_place: dict[Any, list[Any]] = defaultdict(list)
    for row in found:
        there = router.db_for_read(target, instance=row) if target is not None and row._state.db else None
        by_place[row._state.db, there].append(row)
    for group in by_place.values():
        for chunk in chunks(group):
            models.prefetch_related_objects(chunk, name)


def _behind(model: Any, name: str) -> Any:
    """The model whose rows stand behind a name such as ``item_set``."""
    found = (rel.related_model for rel in model._meta.related_objects if rel.get_accessor_name() == name)
    return next(found, None)


def chunks(many: Iterable[Any]) -> Iterator[list[Any]]:
    walk = iter(many)
    while chunk := list(islice(walk, CHUNK)):
        yield chunk
