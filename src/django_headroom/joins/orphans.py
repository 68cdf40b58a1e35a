"""Keys that no database keeps: rows that point at what is gone, or at another tenant's, are counted by whoever asks."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import F

from django_headroom.joins.attaching import attach
from django_headroom.joins.far_keys import FarKey, Tombstone
from django_headroom.joins.prefetching import CHUNK
from django_headroom.partitions.ties import SameTenant


def count_orphans(model: type[models.Model], using: str) -> dict[str, int]:
    """How many rows of a model in one database point at nothing, by each key that no database keeps.

    The table is walked by its primary key, 999 rows at a time, and may be in use meanwhile. What is kept with its
    tenant (``SameTenant``) is left out; of other foreign keys inside a partition it counts who points at another's.

    Args:
        model: whose far keys and foreign keys are looked at.
        using: the alias of the database.

    Returns:
        Name of the key -> how many rows; keys that need no watch are left out.

    >>> count_orphans(Comment, "p1")
    {'forum': 0, 'author': 2}
    """
    kept = {each.tie for each in model._meta.constraints if isinstance(each, SameTenant)}
    fields: list[Any] = [field for field in model._meta.concrete_fields if field.name not in kept]
    names = [field.name for field in fields if isinstance(field, FarKey) or _is_unkept(field)]
    found = dict.fromkeys(names, 0)
    keys = model._base_manager.using(using).only("pk", *names, *_tenant_of(model))
    for rows in _walked(keys) if names else ():
        attach(rows, *names, missing="tombstone")
        for name in names:
            found[name] += sum(isinstance(row._state.fields_cache.get(name), Tombstone) for row in rows)
    key = getattr(model, "partition_key", None)
    for field in fields:
        target: Any = field.related_model if isinstance(field, models.ForeignKey) else None
        if key and hasattr(target, "partition_key") and field.name not in found:
            tied = model._base_manager.using(using).exclude(**{field.name: None})
            found[field.name] = tied.exclude(**{f"{field.name}__{target.partition_key}": F(key)}).count()
    return found


def _is_unkept(field: Any) -> bool:
    return bool(field.many_to_one or field.one_to_one) and not field.db_constraint


def _tenant_of(model: Any) -> list[str]:
    """The columns that say whose a row is, and so where what it points at may stand."""
    keys = {target.partition_key for target in _targets(model) if hasattr(target, "partition_key")}
    return [field.name for field in model._meta.concrete_fields if field.attname in keys]


def _targets(model: Any) -> Iterator[Any]:
    for field in model._meta.concrete_fields:
        if isinstance(field, FarKey):
            yield field.target()
        elif field.related_model:
            yield field.related_model


def _walked(rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    rows = rows.order_by("pk")
    chunk = list(rows[:CHUNK])
    while chunk:
        yield chunk
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:CHUNK])
