"""A queryset that hears whose rows it is about, in every way in which Django's API can say it."""

from collections.abc import Callable, Iterable
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef

from django_headroom.conf import EVERYWHERE, PARTITIONED
from django_headroom.homes import CrossPartitionJoin, home_of, primary_of
from django_headroom.homes.map import in_words
from django_headroom.partitions.directory import Tenant, partition_of
from django_headroom.partitions.queries import TenantQuery, check_one_place
from django_headroom.partitions.routing import PartitionKeyRequired
from django_headroom.partitions.tenants import AnotherTenant, Names, leaves, named_by, tenant_id_of
from django_headroom.partitions.whereabouts import birthplace, whereabouts


class SeveralPartitions(ValueError):
    """Rows of several partitions in one act that only one database can do."""


class ToldQuerySet(models.QuerySet[Any]):
    """What ``PartitionedQuerySet`` hears; kept apart from what it then does."""

    model: Any
    query: TenantQuery
    _db: str | None
    _hints: dict[str, Any]
    _chain: Callable[[], Self]

    def __init__(
        self,
        model: Any = None,
        query: Any = None,
        using: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        if query is None and model is not None:
            query = TenantQuery(model)
            query.asked, query.place = True, using
        super().__init__(model, query, using, hints)

    def of(self, tenant: Tenant | int) -> Self:
        """Route to the tenant's partition *and* keep to her rows: the tenant cannot be forgotten.

        Raises:
            PartitionKeyRequired: the tenant has not been saved, so she has no rows yet.
            AnotherTenant: the query is of somebody else already.
            UnknownTenant: the directory has no such tenant.

        >>> Comment.objects.of(gazette).filter(state="shown")
        """
        tenant_id: int | None = tenant if isinstance(tenant, int) else tenant.pk
        if tenant_id is None:
            raise PartitionKeyRequired(
                f"{tenant!r} has no id, so {self.model.__name__} has no rows of it: save it."
            )
        told = super().filter(**{self.model.partition_key: tenant_id})
        told._belong(tenant_id, tenant)
        return told

    def using(self, alias: str | None) -> Self:
        """As Django's.

        Raises:
            AnotherTenant: the query is of a tenant whose rows are in another partition.
        """
        told = super().using(alias)
        if told.query.tenant_id is not None and told.query.place is not None and alias is not None:
            told._check_place(alias, told.query.place)
        told.query.place = alias
        return told

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        """As Django's; an exact look-up of the tenant both routes and filters.

        Raises:
            AnotherTenant: the query is of somebody else already.
            CrossPartitionJoin: rows of several partitions, or a query of another home, are looked up.
        """
        told = super().filter(*args, **kwargs)
        told._hear(leaves(args, kwargs) if args else kwargs.items())
        return told

    @property
    def db(self) -> str:
        """The database to ask; a query that names nothing but primary keys looks for their rows first."""
        if self._db is not None:
            return self._db
        keys = self.query.keys
        if keys is not None and "instance" not in self._hints:
            found = whereabouts(self.model, keys)
            places = {found.get(int(key)) or birthplace(self.model, key) for key in keys}
            if len(places) > 1:
                raise SeveralPartitions(
                    f"The rows of {self.model.__name__} with these primary keys are in {', '.join(sorted(places))}: "
                    f"use in_bulk(keys), or ask for each partition's by itself."
                )
            self._db = self.query.place = places.pop() if places else None
        return super().db

    # Two queries become one.

    def __and__(self, other: Any) -> Self:
        if self._says() is not None and other._says() is not None:
            self._match(other, "&")
        both: Self = super().__and__(other)
        if self._says() is None and other._says() is not None:
            both._db, both._hints = other._db, other._hints
            both.query.tenant_id, both.query.place = other.query.tenant_id, other.query.place
        return both

    def __or__(self, other: Any) -> Self:
        self._match(other, "|")
        either: Self = super().__or__(other)
        return either._with_keys_of(self, other)

    def __xor__(self, other: Any) -> Self:
        self._match(other, "^")
        either: Self = super().__xor__(other)
        return either._with_keys_of(self, other)

    def union(self, *others: Any, all: bool = False) -> Self:
        """As Django's, of queries on rows of one tenant."""
        self._match_all(others, "union()")
        return super().union(*others, all=all)._with_keys_of(self, *others)

    def intersection(self, *others: Any) -> Self:
        """As Django's, of queries on rows of one tenant."""
        self._match_all(others, "intersection()")
        return super().intersection(*others)._with_keys_of(self, *others)

    def difference(self, *others: Any) -> Self:
        """As Django's, of queries on rows of one tenant."""
        self._match_all(others, "difference()")
        return super().difference(*others)._with_keys_of(self, *others)

    def resolve_expression(self, *args: Any, **options: Any) -> Any:
        query = super().resolve_expression(*args, **options)
        query._db = None  # else Django refuses with a message that names neither side; TenantQuery names both
        return query

    def _with_keys_of(self, *those: Any) -> Self:
        """Rows of several queries by primary key are looked for all together, or a partition would be overlooked."""
        keys = [getattr(each.query, "keys", None) for each in those if not each.query.is_empty()]
        self.query.keys = None if None in keys else [key for its in keys for key in its or ()]
        return self

    def _match_all(self, others: Iterable[Any], how: str) -> None:
        for other in others:
            self._match(other, how)

    def _match(self, other: Any, how: str) -> None:
        if self.query.is_empty() or other.query.is_empty() or not isinstance(other, ToldQuerySet):
            return
        if self._says() != other._says():
            raise AnotherTenant(
                f"{how} of two queries on {self.model.__name__}, one {self._said()} and one {other._said()}: let both "
                f"be .of() the same tenant, or ask for each by itself and put the lists together."
            )

    def _says(self) -> tuple[int | None, str] | None:
        place = self.query.place or ("instance" in self._hints and self.db) or None
        return (self.query.tenant_id, primary_of(place)) if place else None

    def _said(self) -> str:
        if self.query.tenant_id is not None:
            return f"of the tenant {self.query.tenant_id}"
        return f"on all of {self.query.place!r}" if self.query.place else "of no tenant"

    # What a look-up says.

    def _hear(self, said: Iterable[tuple[str, Any]]) -> None:
        for lookup, value in said:
            names = named_by(self.model, lookup)
            if isinstance(value, models.QuerySet):
                self._refuse_foreign(value)
            elif names in (Names.NOTHING, Names.TENANTS):
                continue
            elif isinstance(value, OuterRef):
                self.query.follows = True
            elif names is Names.TENANT:
                tenant_id = tenant_id_of(value)
                if tenant_id is not None:
                    self._belong(
                        tenant_id,
                        value if hasattr(value, "pk") and hasattr(value, "partition") else tenant_id,
                    )
            elif names is Names.KEY:
                self.query.keys = [value] if isinstance(value, int | str) else None
            elif names is Names.KEYS:
                self.query.keys = [key for key in value if isinstance(key, int | str)]
            else:
                self._stay_beside([value] if names is Names.ROW else value)

    def _belong(self, tenant_id: int, tenant: Any, place: str | None = None) -> None:
        query = self.query
        if query.tenant_id is None:
            query.tenant_id = tenant_id
            if self._db is not None:
                self._check_place(self._db, place or partition_of(tenant))
            elif "instance" not in self._hints:
                self._db = query.place = place or partition_of(tenant)
        elif query.tenant_id != tenant_id:
            raise AnotherTenant(
                f"This query on {self.model.__name__} is of the tenant {query.tenant_id}, and no row is also of "
                f"{tenant_id}: ask for each by itself."
            )

    def _check_place(self, alias: str, there: str) -> None:
        if primary_of(alias) != primary_of(there):
            raise AnotherTenant(
                f"This query on {self.model.__name__} is of the tenant {self.query.tenant_id}, whose rows are in "
                f"{there!r}, and was sent to {alias!r}: leave out using(), or name a copy of that one."
            )

    def _stay_beside(self, values: Iterable[Any]) -> None:
        """The rows that are asked for are tied to these, so they are where these are, and of the same tenant."""
        rows = check_one_place(self.model, values, self._db)
        tenants = {getattr(row, "partition_key", "") and row.__dict__.get(row.partition_key) for row in rows}
        if len(tenants) == 1 and (tenant_id := tenants.pop()):
            self._belong(tenant_id, tenant_id, rows[0]._state.db)
        elif rows and not self._is_told():
            self._db = self.query.place = rows[0]._state.db

    def _refuse_foreign(self, inner: Any) -> None:
        home = home_of(inner.model)
        if home not in (PARTITIONED, EVERYWHERE):
            raise CrossPartitionJoin(
                f"A query on {self.model.__name__}, which lives in {in_words(PARTITIONED)}, has one on "
                f"{inner.model.__name__} in it, which lives in {in_words(home)}: no database can join them. Ask that "
                f"one first, and give this one its result as a list."
            )

    def _told_by(self, values: dict[str, Any]) -> Self:
        """This query, which has also heard what ``values`` say of where."""
        if self.query.tenant_id is not None or "instance" in self._hints:
            return self
        told: Self = self._chain()
        told._hear(values.items())
        return told

    def _is_told(self) -> bool:
        return self._db is not None or "instance" in self._hints
