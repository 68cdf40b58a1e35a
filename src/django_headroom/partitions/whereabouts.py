"""Where a row is that only its id is known of: born in the partition of its slot, there still or gone with its tenant.

As ``ids.find`` does for one row, and for a query on it; one question to each partition that the ids are from.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connections

from django_headroom import ids
from django_headroom.partitions.directory import partition_of
from django_headroom.partitions.routing import refuse


def whereabouts(model: Any, keys: Iterable[Any]) -> dict[int, str]:
    """Id -> alias of the partition that has the row now; ids of which nothing is known are left out.

    A row that still stands where it was born may have been moved and not yet swept: the directory has the last word.

    Raises:
        PartitionKeyRequired: an id is of no partition's slot, so it says nothing.

    >>> whereabouts(Comment, [1025, 2050])
    {1025: 'p1', 2050: 'p2'}
    """
    born: dict[str, list[int]] = defaultdict(list)
    for key in dict.fromkeys(int(key) for key in keys):
        born[birthplace(model, key)].append(key)
    tenants = {key: tenant for alias, here in born.items() for key, tenant in _tenants(alias, model, here)}
    return {key: partition_of(int(tenant)) for key, tenant in tenants.items()}


def birthplace(model: Any, key: Any) -> str:
    """The partition in which the row of this id was born, without asking anybody."""
    try:
        return ids.birthplace(int(key))
    except ids.UnknownSlot:
        return refuse(model)


def _tenants(alias: str, model: Any, keys: list[int]) -> list[tuple[int, int]]:
    """Id and tenant of the rows that stand in a partition, and of those that left word there when they left."""
    quote, marks = connections[alias].ops.quote_name, ", ".join(["%s"] * len(keys))
    tenant = quote(model._meta.get_field(model.partition_key).column)
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT id, tenant_id FROM headroom_departed WHERE name = %s AND id IN ({marks})"
            f" UNION ALL SELECT id, {tenant} FROM {quote(model._meta.db_table)} WHERE id IN ({marks})",
            [model._meta.db_table, *keys, *keys],
        )
        found: list[tuple[int, int]] = cursor.fetchall()
        return found
