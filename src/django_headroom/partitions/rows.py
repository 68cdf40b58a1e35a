"""The model whose rows live with their tenant, and which refuses to be tied to, or become, somebody else's."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.signals import class_prepared

from django_headroom import ids
from django_headroom.homes import primary_of
from django_headroom.partitions.prefetching import guard
from django_headroom.partitions.querysets import PartitionedQuerySet
from django_headroom.partitions.routing import alias_of_row, refuse
from django_headroom.partitions.tenants import AnotherTenant
from django_headroom.partitions.ties import check_ties
from django_headroom.updates import refuse_bare_save


class Partitioned(models.Model):
    """A model whose rows live with their tenant; ``partition_key`` names the column that holds the tenant's id.

    >>> class Comment(Partitioned):
    ...     partition_key = "forum_id"
    ...     forum = FarKey("forums.Forum")
    """

    partition_key: ClassVar[str] = "tenant_id"
    kept_otherwise: ClassVar[Mapping[str, str]] = {}  # what a check lets pass: a key -> why

    id = ids.SteppingAutoField(primary_key=True)

    objects = PartitionedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *loaded: Any, **options: Any) -> Self:
        """As Django's; the row remembers whose it is, so that ``save`` sees it when that was changed."""
        row = super().from_db(*loaded, **options)
        row._state.tenant_id = row.__dict__.get(cls.partition_key)  # type: ignore[attr-defined]
        return row

    def save(self, *args: Any, **options: Any) -> None:
        """As Django's; a new row's id is stepped on databases that cannot do it themselves.

        Raises:
            BareSave: the row is not new and ``update_fields`` is not named, where the settings refuse that.
            AnotherTenant: the row is tied to a row of somebody else, or was somebody else's when it was read, or is
                to be saved where its tenant does not live.
            PartitionKeyRequired: it has no tenant, and no database is named.
        """
        refuse_bare_save(self, *args, **options)
        check_ties(self)
        if self._state.adding:
            ids.fill(self._birthplace(options.get("using")), type(self), [self])
        else:
            self._check_tenant()
        super().save(*args, **options)
        self._state.tenant_id = self.__dict__.get(self.partition_key)  # type: ignore[attr-defined]

    def _birthplace(self, using: str | None) -> str:
        """Where the new row goes; ``create()`` has left a note, so that no directory is asked what is known."""
        told = self.__dict__.pop("_told_place", None)
        if using is not None and using == told:
            return primary_of(using)
        home = alias_of_row(self)
        if using is not None and home is not None and primary_of(using) != primary_of(home):
            raise AnotherTenant(
                f"This {type(self).__name__} has {self.partition_key} {getattr(self, self.partition_key)}, whose rows "
                f"live in {home!r}, and is to be saved in {using!r}: leave out using."
            )
        return primary_of(using or home or refuse(type(self)))

    def _check_tenant(self) -> None:
        was, key = getattr(self._state, "tenant_id", None), self.partition_key
        if was is not None and self.__dict__.get(key, was) != was:
            raise AnotherTenant(
                f"This {type(self).__name__} was read with {key} {was}, and now has {self.__dict__[key]}: a row does "
                f"not change hands. Write a new one for the other tenant and delete this one."
            )


class_prepared.connect(guard)
