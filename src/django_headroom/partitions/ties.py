"""Ties of a new row: what it points to is its own tenant's."""

from typing import Any

from django_headroom.partitions.tenants import AnotherTenant


def check_ties(row: Any) -> None:
    """Refuse a row that is tied to a loaded row of somebody else.

    Raises:
        AnotherTenant: it is.
    """
    key, whose = row.partition_key, getattr(row, row.partition_key)
    for field in row._meta.concrete_fields:
        tied = row._state.fields_cache.get(field.name) if field.is_relation else None
        if whose is not None and int(getattr(tied, key, None) or whose) != int(whose):
            raise AnotherTenant(
                f"This {type(row).__name__} has {key} {whose}, and its {field.name} is of {getattr(tied, key)}: "
                f"tie it to a row of its own tenant."
            )
