"""Related rows of a list from several partitions: Django looks for all of them beside the first.

So its descriptors refuse such a list; ``attach`` asks each partition.
"""

from functools import cache
from typing import Any

from django_headroom.homes import CrossPartitionJoin
from django_headroom.partitions.routing import place_beside


def guard(sender: Any, **_: Any) -> None:
    """When a model is prepared, before others learn of its foreign keys: their side of a one-to-one is guarded too."""
    if not hasattr(sender, "partition_key"):
        return
    for field in sender._meta.local_fields:
        if field.many_to_one or field.one_to_one:
            forward = _guarded(field.forward_related_accessor_class, field.name)
            setattr(sender, field.name, forward(field))
            if field.one_to_one:
                field.related_accessor_class = _guarded(field.related_accessor_class, field.name)


class _OnePlace:
    """Mixed into the descriptors of partitioned models' relations."""

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> Any:
        places = {place_beside(row) for row in instances}
        if len(places) > 1:
            raise CrossPartitionJoin(
                f"Prefetching {self.field_name} of rows of {type(instances[0]).__name__} in "  # type: ignore[attr-defined]
                f"{' and '.join(sorted(places))}, Django would look beside the first only: attach(rows, …) asks "
                f"each."
            )
        return super().get_prefetch_querysets(instances, querysets)  # type: ignore[misc]


@cache
def _guarded(kind: type, field_name: str) -> Any:
    return type(kind.__name__, (_OnePlace, kind), {"field_name": field_name})
