"""The queryset of partitioned rows: once it is known whose, it does what Django's does, in the right database."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Self

from django.db import models

from django_headroom import ids
from django_headroom.homes import primary_of
from django_headroom.partitions.routing import alias_of_row, refuse, tenant_of_row
from django_headroom.partitions.scattering import (
    Gathered,
    Total,
    Totals,
    aggregate_everywhere,
    count_everywhere,
    gather,
)
from django_headroom.partitions.telling import SeveralPartitions, ToldQuerySet
from django_headroom.partitions.tenants import AnotherTenant, Names, named_by
from django_headroom.partitions.ties import check_ties
from django_headroom.partitions.whereabouts import whereabouts

SECONDS = 5.0  # for one partition, where all are asked


class PartitionedQuerySet(ToldQuerySet):
    """Rows of one tenant, once it is known whose; before that every query is refused.

    Heard are ``of``, ``using``, the row from which a related manager was reached, and exact look-ups of the tenant, of
    a row of hers or of a primary key, in every method that takes look-ups, values or rows.
    """

    def create(self, **values: Any) -> Any:
        """As Django's, with the tenant of ``of`` (or of ``thread`` in ``thread.comments``) filled in.

        Raises:
            AnotherTenant: the values name another tenant.
        """
        here = self._told_by(values)
        here._for_write = True
        row = self.model(**values)
        here._fill_tenant(row)
        row._told_place = here.db
        row.save(force_insert=True, using=here.db)
        return row

    def get_or_create(self, defaults: Any = None, **kwargs: Any) -> tuple[Any, bool]:
        """As Django's; the look-ups say where."""
        return super(PartitionedQuerySet, self._told_by(kwargs)).get_or_create(defaults, **kwargs)

    def update_or_create(
        self, defaults: Any = None, create_defaults: Any = None, **kwargs: Any
    ) -> tuple[Any, bool]:
        """As Django's; the look-ups say where."""
        here = self._told_by(kwargs)
        return super(PartitionedQuerySet, here).update_or_create(defaults, create_defaults, **kwargs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, split: bool = False, **options: Any) -> list[Any]:
        """As Django's, with the tenant filled in; on SQLite the ids are taken from the counter row first.

        Args:
            split: rows of several partitions are written one partition after the other. That is not atomic: if one
                fails, those before it stay.

        Raises:
            AnotherTenant: a row names another tenant.
            SeveralPartitions: the rows are of several partitions, and ``split`` is not said.
        """
        rows = list(objs)
        if not self._is_told():
            return self._bulk_create_by_tenant(rows, split, args, options)
        self._for_write = True
        for row in rows:
            self._fill_tenant(row)
            check_ties(row)
        if self._db is not None and self.query.tenant_id is None:
            for tenant_id in {tenant_of_row(row) for row in rows}:
                self._chain()._belong(tenant_id, tenant_id)
        ids.fill(self.db, self.model, rows)
        return super().bulk_create(rows, *args, **options)

    def bulk_update(self, objs: Iterable[Any], fields: Any, *args: Any, **options: Any) -> int:
        """As Django's; the rows say where.

        Raises:
            SeveralPartitions: they are of several partitions.
        """
        rows, here = tuple(objs), self
        for row in rows:
            check_ties(row)
        if not self._is_told():
            places = {_place_of(row) for row in rows}
            if len(places) > 1:
                raise _several(self.model, places, "update each partition's by themselves")
            here = self.using(places.pop()) if places else self
        return super(PartitionedQuerySet, here).bulk_update(rows, fields, *args, **options)

    def update(self, **values: Any) -> int:
        """As Django's.

        Raises:
            AnotherTenant: the tenant would be changed, which is not an update: the rows would stand in the wrong place;
                or they would be tied to a row of another.
        """
        for name, value in values.items():
            if isinstance(value, models.Model) and named_by(self.model, name) is Names.ROW:
                self._chain()._stay_beside([value])
            if named_by(self.model, name) is Names.TENANT:
                raise AnotherTenant(
                    f"{name} of {self.model.__name__} is whose the rows are, and does not change: write new ones for "
                    f"the other tenant and delete these, or move the tenant."
                )
        return super().update(**values)

    def in_bulk(self, id_list: Any = None, *, field_name: str = "pk") -> dict[Any, Any]:
        """As Django's; primary keys may be of several partitions, each is asked once."""
        if self._is_told() or id_list is None or named_by(self.model, field_name) is not Names.KEY:
            return super().in_bulk(id_list, field_name=field_name)
        if not id_list:
            return {}
        by_place: dict[str, list[Any]] = defaultdict(list)
        for key, alias in whereabouts(self.model, id_list).items():
            by_place[alias].append(key)
        found: dict[Any, Any] = {}
        for alias, keys in by_place.items():
            found.update(self.using(alias).in_bulk(keys, field_name=field_name))
        return found

    def across_partitions(self, limit: int, *, seconds: float | None = SECONDS) -> Gathered:
        """The first ``limit`` rows of all partitions in the order asked, however many tenants they are of.

        All partitions are asked at once; one in which the caller has a transaction open, by herself.

        Args:
            limit: how many rows at most, of each partition and of all.
            seconds: how long one partition may take (5); one that takes longer is left out, and ``partial`` says so.
                None waits for all, however long.

        Returns:
            A list of rows; its ``partial`` names the partitions that are missing in it, and why.

        Raises:
            ValueError: no order is said, or one that cannot be kept over several databases.

        >>> newest = Comment.objects.order_by("-created_at", "-id").across_partitions(limit=25)
        """
        self._refuse_told("across_partitions()")
        return gather(self, limit, seconds)

    def count_across_partitions(self, *, seconds: float | None = SECONDS) -> Total:
        """How many rows all partitions have; ``partial`` as in ``across_partitions``."""
        self._refuse_told("count_across_partitions()")
        return count_everywhere(self, seconds)

    def aggregate_across_partitions(self, *, seconds: float | None = SECONDS, **aggregates: Any) -> Totals:
        """``Count``, ``Sum``, ``Min`` and ``Max`` over the rows of all partitions; ``partial`` as above.

        Raises:
            ValueError: an aggregate that cannot be put together from those of the partitions.

        >>> Sale.objects.aggregate_across_partitions(sold=Sum("number"), last=Max("paid_at"))["sold"]
        12
        """
        self._refuse_told("aggregate_across_partitions()")
        return aggregate_everywhere(self, aggregates, seconds)

    def select_related(self, *fields: Any) -> Self:
        """As Django's.

        Raises:
            CrossPartitionJoin: a far key is named.
        """
        self._refuse_far(fields, "select_related")
        return super().select_related(*fields)

    def prefetch_related(self, *lookups: Any) -> Self:
        """As Django's.

        Raises:
            CrossPartitionJoin: a far key is named.
        """
        self._refuse_far(lookups, "prefetch_related")
        return super().prefetch_related(*lookups)

    def _fill_tenant(self, row: models.Model) -> None:
        key, told = self.model.partition_key, self.query.tenant_id
        if told is None:
            hints: dict[str, Any] = self._hints
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

    def _bulk_create_by_tenant(
        self, rows: list[Any], split: bool, args: Any, options: dict[str, Any]
    ) -> list[Any]:
        by_place: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            by_place[_place_of(row)].append(row)
        if len(by_place) > 1 and not split:
            raise _several(
                self.model, by_place, "say split=True, which is not atomic, or write each by itself"
            )
        if not by_place:
            refuse(self.model)
        for alias, its in by_place.items():
            self.using(alias).bulk_create(its, *args, **options)
        return rows

    def _refuse_told(self, method: str) -> None:
        if self._is_told():
            raise ValueError(
                f"{method} asks every partition, and this query {self._said()} is for one: leave it out."
            )

    def _refuse_far(self, names: Iterable[Any], method: str) -> None:
        for name in names:
            first = str(getattr(name, "prefetch_to", name)).split("__")[0]
            field = self.model._meta._forward_fields_map.get(first)
            if hasattr(field, "refuse_join"):
                field.refuse_join(f"{method}({first!r})")


def _place_of(row: Any) -> str:
    return primary_of(alias_of_row(row) or refuse(type(row)))


def _several(model: Any, places: Iterable[str], cure: str) -> SeveralPartitions:
    return SeveralPartitions(
        f"These rows of {model.__name__} are of several partitions, {', '.join(sorted(places))}: {cure}."
    )
