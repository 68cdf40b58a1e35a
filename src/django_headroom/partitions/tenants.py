"""Whose rows a call is about: the tenant that its keywords, Q objects and rows name, if they name one."""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q

from django_headroom.homes import CrossPartitionJoin


class AnotherTenant(CrossPartitionJoin, ValueError):
    """Rows of one tenant asked for, or written, in the name of another; in one database today, tomorrow in two."""


class Names(Enum):
    """What an exact look-up names."""

    TENANT = "the tenant"
    TENANTS = "several tenants"
    KEY = "one row by its primary key"
    KEYS = "several rows by their primary keys"
    ROW = "what is tied to a row"
    ROWS = "what is tied to several rows"
    NOTHING = "nothing that says where"


def leaves(conditions: Iterable[Any], keywords: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The look-ups that all must hold: keywords, and what stands in Q objects outside of OR, XOR and NOT."""
    yield from keywords.items()
    for each in conditions:
        if isinstance(each, Q):
            if not each.negated and (each.connector == Q.AND or len(each.children) == 1):
                yield from leaves(each.children, {})
        elif isinstance(each, tuple):
            yield each


@cache
def named_by(model: Any, lookup: str) -> Names:
    """What a look-up names: of ``shop``, ``shop_id``, ``shop__exact``, ``shelf__shop`` the tenant, of ``pk`` a row.

    A row's relations stay within its tenant, so a relation's tenant is its own.
    """
    many = lookup.endswith("__in")
    steps = lookup.removesuffix("__exact").removesuffix("__in").split("__")
    if steps in (["pk"], [model._meta.pk.name]):
        return Names.KEYS if many else Names.KEY
    if len(steps) > 1 and steps[-1] in ("pk", "id"):  # shop__pk, shelf__pk: of the relation before it
        steps.pop()
    if _is_key(_follow(model, steps[:-1]), steps[-1]):
        return Names.TENANTS if many else Names.TENANT
    if _follow(model, steps) is not None:
        return Names.ROWS if many else Names.ROW
    return Names.NOTHING


def _follow(model: Any, steps: Iterable[str]) -> Any:
    """The partitioned model at the end of a path of relations, None if it leads elsewhere."""
    for step in steps:
        try:
            model = model._meta.get_field(step).related_model
        except FieldDoesNotExist:
            return None
        if not hasattr(model, "partition_key"):
            return None
    return model


def _is_key(model: Any, name: str) -> bool:
    if model is None:
        return False
    key = model._meta.get_field(model.partition_key)
    return name in (key.name, key.attname)


def tenant_id_of(value: Any) -> int | None:
    """The id that a value of such a look-up stands for; None for an expression, which names nobody."""
    value = getattr(value, "pk", value)
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None
