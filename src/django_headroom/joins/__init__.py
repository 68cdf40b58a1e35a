"""The join no database can do: ``FarKey`` is a column that points into another database, ``attach()`` follows it."""

from django_headroom.homes import CrossPartitionJoin
from django_headroom.joins.attaching import PartitionUnknown, attach, attach_back, attach_sets
from django_headroom.joins.far_keys import FarKey, NotAttached, Tombstone
from django_headroom.joins.fetching import RowCache
from django_headroom.joins.orphans import count_orphans
from django_headroom.joins.prefetching import CHUNK

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
    "count_orphans",
]
