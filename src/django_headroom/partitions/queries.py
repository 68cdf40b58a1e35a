"""The query of partitioned rows as Django keeps it, with whose it is: so a subquery is seen for what it is.

A subclass of Django's ``Query``; see docs/decisions/query-compile-hook.md.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q, QuerySet, sql

from django_headroom.conf import headroom
from django_headroom.homes import CrossPartitionJoin, primary_of
from django_headroom.partitions.routing import place_beside, refuse
from django_headroom.partitions.tenants import AnotherTenant, Names, named_by


class TenantQuery(sql.Query):
    """Django's query, and what has been said of whose rows it is about."""

    model: Any
    tenant_id: int | None = None
    place: str | None = None  # the alias that was said, or follows from the tenant
    follows = False  # its tenant is the outer query's, as in shop=OuterRef("shop")
    asked = False  # it comes from a queryset, not from inside Django
    # Primary keys that are asked for: their rows are looked for if nothing else says where.
    keys: list[Any] | None = None

    def add_q(self, q_object: Any, *args: Any, **options: Any) -> None:
        """As Django calls it, also for a prefetch, which looks for all rows beside the first.

        Raises:
            CrossPartitionJoin: what is tied to rows of several partitions is looked for.
        """
        for each in q_object.children:
            if not isinstance(each, tuple) or each[0].endswith("__in"):
                self._check_rows(q_object)
                break
        super().add_q(q_object, *args, **options)

    def _check_rows(self, condition: Any) -> None:
        if condition.negated or (condition.connector != Q.AND and len(condition.children) > 1):
            return  # it names nobody
        for number, each in enumerate(condition.children):
            if isinstance(each, Q):
                self._check_rows(each)
            elif isinstance(each, tuple) and each[0].endswith("__in"):
                names = named_by(self.model, each[0])
                if names in (Names.ROWS, Names.TENANTS) and not isinstance(each[1], QuerySet | sql.Query):
                    values = list(each[1])  # a generator would be empty afterwards
                    check_one_place(self.model, values, self.place)
                    condition.children[number] = each[0], values

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """As Django calls it for a query inside of another.

        Raises:
            CrossPartitionJoin, AnotherTenant, PartitionKeyRequired: the two are not about the same tenant.
        """
        outer = compiler.query
        whose = getattr(outer, "tenant_id", None)
        if self.tenant_id is not None and whose not in (None, self.tenant_id):
            raise AnotherTenant(
                f"A query on {outer.model.__name__} of the tenant {whose} has one on {self.model.__name__} of the "
                f"tenant {self.tenant_id} in it: ask that one first, and give this one its result as a list."
            )
        alias = primary_of(connection.alias)
        if self.place is not None and alias in headroom().slots and primary_of(self.place) != alias:
            raise CrossPartitionJoin(
                f"A query on {outer.model.__name__} in {alias!r} has one on {self.model.__name__} in {self.place!r} "
                f"in it: no database can join them. Ask that one first, and give this one its result as a list."
            )
        if whose is not None and self.asked and self.place is None and not self.follows:
            refuse(self.model)
        return super().as_sql(compiler, connection)


def check_one_place(model: type[Model], values: Iterable[Any], place: str | None = None) -> list[Any]:
    """Those of the values that are rows, all of them in one partition, and in ``place`` if that is said.

    Raises:
        CrossPartitionJoin: they are not.
    """
    rows = [each for each in values if isinstance(each, Model) and each._state.db]
    places = {place_beside(row) for row in rows} | ({primary_of(place)} if rows and place else set())
    if len(places) > 1:
        raise CrossPartitionJoin(
            f"A query on {model.__name__} for rows of {type(rows[0]).__name__} in {' and '.join(sorted(places))}: no "
            f"database has both. Ask for each partition's by itself, as attach(rows, …) does."
        )
    return rows
