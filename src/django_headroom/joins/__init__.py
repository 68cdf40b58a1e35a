"""The join no database can do: ``FarKey`` is a column that points into another database, ``attach()`` follows it."""

from django_headroom.homes import CrossPartitionJoin
from django_headroom.joins.attaching import (
    CHUNK,
    PartitionUnknown,
    RowCache,
    attach,
    attach_back,
    attach_sets,
)
from django_headroom.joins.far_keys import FarKey, NotAttached, Tombstone

__all__ = [
    "CHUNK",
    "CrossPartitionJoin",
    "FarKey",
    "NotAttached",
    "PartitionUnknown",
    "RowCache",
    "Tombstone",
    "attach",
    "attach_back",
    "attach_sets",
]
