"""Django's database router: homes for whole apps, tenants for partitioned rows, refusal for the rest."""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.db import models

from django_headroom.conf import EVERYWHERE, PARTITIONED
from django_headroom.homes import home_of, lives_in, primary_of
from django_headroom.homes.map import in_words
from django_headroom.partitions.directory import partition_of

_OWN_CODE = tuple(f"{place}{os.sep}" for place in (Path(__file__).parents[1], Path(django.__file__).parent))


class PartitionKeyRequired(Exception):
    """A query on partitioned rows that names no tenant, so nobody can say which database it is for."""


class CrossHomeRelation(ValueError):
    """A relation between two rows that live in different databases."""


class Router:
    """Put it into ``DATABASE_ROUTERS``; it answers for every model, and refuses where it cannot."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        home = home_of(model)
        if home not in (PARTITIONED, EVERYWHERE):
            return home
        row = hints.get("instance")
        return (row is not None and _alias_beside(row, model)) or refuse(model)

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return primary_of(self.db_for_read(model, **hints))

    def allow_relation(self, one: models.Model, other: models.Model, **_: Any) -> bool:
        """True, or a refusal of our own: Django's names neither the models nor their homes."""
        places = [_place(one), _place(other)]
        if (
            places[0] == places[1]
            or _is_virtual(type(one), type(other))
            or _is_virtual(type(other), type(one))
        ):
            return True
        raise CrossHomeRelation(
            f"{type(one)._meta.label} ({_said(one)}) and {type(other)._meta.label} ({_said(other)}) live apart, so "
            f"neither can hold the other: give both one tenant, or point by a FarKey."
        )

    def allow_migrate(self, alias: str, app_label: str, model_name: str | None = None, **_: Any) -> bool:
        return lives_in(f"{app_label}.{model_name}" if model_name else app_label, alias)


def alias_of_row(row: models.Model) -> str | None:
    """Where a row is, or belongs: a new one goes to its tenant, whatever Django guessed from the rows it is tied to."""
    if row._state.db and not row._state.adding:
        return row._state.db
    home = home_of(type(row))
    if home not in (PARTITIONED, EVERYWHERE):
        return home
    tenant = tenant_of_row(row)
    return partition_of(tenant) if tenant else row._state.db


def tenant_of_row(row: Any) -> Any:
    """The tenant of a partitioned row: itself if it is loaded, which saves asking the directory, else its id."""
    key = getattr(row, "partition_key", None)
    if key is None:
        return None
    tenant_id = row.__dict__.get(
        key
    )  # not by attribute: a deferred one would be fetched, and would ask us where
    loaded = row._state.fields_cache.get(row._meta.get_field(key).name)
    if loaded is not None and hasattr(loaded, "partition") and loaded.pk == tenant_id:
        return loaded
    return None if tenant_id is None else int(tenant_id)


def refuse(model: type[models.Model]) -> str:
    """Refuse a query on ``model``.

    Raises:
        PartitionKeyRequired: always; it names the model, and the line outside of Django that asked.
    """
    raise PartitionKeyRequired(
        f"A query on {model.__name__} names no tenant ({_caller()}): say whose rows, as in "
        f"{model.__name__}.objects.of(tenant), or which database, as in .using('p1')."
    )


def place_beside(row: Any) -> str:
    """The partition of the rows that are tied to a saved row: its own, or, of a tenant, hers."""
    return primary_of(partition_of(row) if _is_tenant(row) else str(row._state.db))


def _alias_beside(row: Any, model: Any) -> str | None:
    """Where rows of ``model`` that are reached from ``row`` are: beside it, or with it if it is their tenant."""
    if hasattr(model, "partition_key") and _is_tenant(row):
        return partition_of(row)
    return alias_of_row(row)


def _is_tenant(row: Any) -> bool:
    return hasattr(row, "partition") and not hasattr(row, "partition_key")


def _place(row: models.Model) -> str | None:
    alias = alias_of_row(row)
    return primary_of(alias) if alias else None


def _said(row: models.Model) -> str:
    place = _place(row)
    return f"in {place!r}" if place else f"in {in_words(home_of(type(row)))}, of no tenant yet"


@cache
def _is_virtual(model: Any, target: Any) -> bool:
    """Whether a foreign key without a constraint leads from one to the other: said to cross, and kept by nobody.

    Inside the partitions none is: what one says without a constraint of its own is kept with its tenant.
    """
    if hasattr(model, "partition_key") and hasattr(target, "partition_key"):
        return False
    fields = (field for field in model._meta.concrete_fields if field.many_to_one or field.one_to_one)
    return any(not field.db_constraint and field.related_model is target for field in fields)


def _caller() -> str:
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_OWN_CODE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
