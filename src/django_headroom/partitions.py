"""Which database holds a tenant's rows: the router, the ``Partitioned`` model, the queryset that must be told where."""

import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.module_loading import import_string

from django_headroom import ids
from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.homes import home_of, lives_in, primary_of
from django_headroom.updates import refuse_bare_save

_OWN_CODE = (f"{Path(__file__).parent}{os.sep}", f"{Path(django.__file__).parent}{os.sep}")


class PartitionKeyRequired(Exception):
    """A query on partitioned rows that names no tenant, so nobody can say which database it is for."""


class AnotherTenant(ValueError):
    """Rows of one tenant asked for, or written, in the name of another."""


class Tenant(Protocol):
    """Whose rows live together: anything with a primary key and the alias of its partition."""

    pk: Any
    partition: str


def partition_of(tenant: Tenant | int) -> str:
    """The alias of the partition that holds a tenant's rows; given an id, the directory is asked."""
    if isinstance(tenant, int):
        return _directory(headroom().directory)(tenant)
    return tenant.partition


@cache
def _directory(path: str) -> Callable[[int], str]:
    if not path:
        raise ImproperlyConfigured("HEADROOM['DIRECTORY'] is not set: name a function (tenant_id) -> alias.")
    found: Callable[[int], str] = import_string(path)
    return found


class PartitionedQuerySet(models.QuerySet[Any]):
    """Rows of one tenant, once ``of`` has said whose; before that every query is refused."""

    _tenant_id: int | None = None

    def of(self, tenant: Tenant | int) -> Self:
        """Route to the tenant's partition *and* keep to her rows: the tenant cannot be forgotten.

        Raises:
            PartitionKeyRequired: the tenant has not been saved, so she has no rows yet.
            AnotherTenant: ``of`` was called before, for somebody else.

        >>> Comment.objects.of(gazette).filter(state="shown")
        """
        tenant_id: int | None = tenant if isinstance(tenant, int) else tenant.pk
        if tenant_id is None:
            raise PartitionKeyRequired(
                f"{tenant!r} has no id, so {self.model.__name__} has no rows of it: save it."
            )
        if self._tenant_id not in (None, tenant_id):
            raise AnotherTenant(
                f"This query on {self.model.__name__} is of the tenant {self._tenant_id}, and no row is also of "
                f"{tenant_id}: ask for each by itself."
            )
        told = self.using(partition_of(tenant)).filter(**{self.model.partition_key: tenant_id})
        told._tenant_id = tenant_id
        return told

    def create(self, **values: Any) -> Any:
        """As Django's, with the tenant of ``of`` (or of ``thread`` in ``thread.comments``) filled in.

        Raises:
            AnotherTenant: the values name another tenant.
        """
        self._for_write = True
        row = self.model(**values)
        self._fill_tenant(row)
        row.save(force_insert=True, using=self.db)
        return row

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """As Django's, with the tenant filled in; on SQLite the ids are taken from the counter row first.

        Raises:
            AnotherTenant: a row names another tenant.
        """
        self._for_write = True
        rows = list(objs)
        for row in rows:
            self._fill_tenant(row)
            _check_ties(row)
        ids.fill(self.db, self.model, rows)
        return super().bulk_create(rows, *args, **options)

    def _fill_tenant(self, row: models.Model) -> None:
        key, told = self.model.partition_key, self._tenant_id
        if told is None:
            hints: dict[str, Any] = getattr(self, "_hints", {})
            told = getattr(hints.get("instance"), key, None)
        if told is None:
            return
        written = getattr(row, key)
        if written is None:
            setattr(row, key, told)
        elif int(written) != told:
            raise AnotherTenant(
                f"This {self.model.__name__} has {key} {written}, and is written in the name of {told}: "
                f"write it through .of() its own tenant."
            )

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._tenant_id = self._tenant_id
        return clone


class Partitioned(models.Model):
    """A model whose rows live with their tenant; ``partition_key`` names the column that holds the tenant's id.

    >>> class Comment(Partitioned):
    ...     partition_key = "forum_id"
    ...     forum = FarKey("forums.Forum")
    """

    partition_key: ClassVar[str] = "tenant_id"

    id = ids.SteppingAutoField(primary_key=True)

    objects = PartitionedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """As Django's; a new row's id is stepped on databases that cannot do it themselves.

        Raises:
            AnotherTenant: a new row is tied to a row of somebody else.
            BareSave: the row is not new and ``update_fields`` is not named, where the settings refuse that.
        """
        refuse_bare_save(self, *args, **options)
        if self._state.adding:
            _check_ties(self)
            alias = options.get("using") or _alias_of_row(self) or _refuse(type(self))
            ids.fill(primary_of(alias), type(self), [self])
        super().save(*args, **options)


def _check_ties(row: Any) -> None:
    key, whose = row.partition_key, getattr(row, row.partition_key)
    for field in row._meta.concrete_fields:
        tied = row._state.fields_cache.get(field.name) if field.is_relation else None
        if whose is not None and int(getattr(tied, key, None) or whose) != int(whose):
            raise AnotherTenant(
                f"This {type(row).__name__} has {key} {whose}, and its {field.name} is of {getattr(tied, key)}: "
                f"tie it to a row of its own tenant."
            )


class Router:
    """Django's database router: homes for whole apps, tenants for partitioned ones, refusal for the rest."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        home = home_of(model._meta.app_label)
        if home not in (PARTITIONED, EVERYWHERE):
            return home
        row = hints.get("instance")
        return (row is not None and _alias_of_row(row)) or _refuse(model)

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str:
        return primary_of(self.db_for_read(model, **hints))

    def allow_relation(self, one: models.Model, other: models.Model, **_: Any) -> bool:
        places = {
            primary_of(alias) if alias else None for alias in (_alias_of_row(one), _alias_of_row(other))
        }
        return len(places) == 1

    def allow_migrate(self, alias: str, app_label: str, **_: Any) -> bool:
        return lives_in(app_label, alias)


def _alias_of_row(row: models.Model) -> str | None:
    """Where a row is, or belongs: a new one goes to its tenant, whatever Django guessed from the rows it is tied to."""
    if row._state.db and not row._state.adding:
        return row._state.db
    home = home_of(row._meta.app_label)
    if home not in (PARTITIONED, EVERYWHERE):
        return home
    tenant_id = getattr(row, getattr(row, "partition_key", ""), None)
    return partition_of(int(tenant_id)) if tenant_id else row._state.db


def _refuse(model: type[models.Model]) -> str:
    raise PartitionKeyRequired(
        f"A query on {model.__name__} names no tenant ({_caller()}): say whose rows, as in "
        f"{model.__name__}.objects.of(tenant), or which database, as in .using('p1')."
    )


def _caller() -> str:
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_OWN_CODE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
