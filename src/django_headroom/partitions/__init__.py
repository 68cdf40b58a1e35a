"""Which database holds a tenant's rows: the router, the ``Partitioned`` model, the queryset that must be told where."""

from django_headroom.partitions.checks import check_partitions
from django_headroom.partitions.directory import (
    Directory,
    Tenant,
    UnknownTenant,
    partition_of,
    partition_to_write,
)
from django_headroom.partitions.lasting import KnownFromFile, LastKnown
from django_headroom.partitions.querysets import PartitionedQuerySet
from django_headroom.partitions.routing import CrossHomeRelation, PartitionKeyRequired, Router
from django_headroom.partitions.rows import Partitioned
from django_headroom.partitions.scattering import Gathered, Total, Totals
from django_headroom.partitions.telling import SeveralPartitions
from django_headroom.partitions.tenants import AnotherTenant
from django_headroom.partitions.ties import SameTenant

__all__ = [
    "AnotherTenant",
    "CrossHomeRelation",
    "Directory",
    "Gathered",
    "KnownFromFile",
    "LastKnown",
    "PartitionKeyRequired",
    "Partitioned",
    "PartitionedQuerySet",
    "Router",
    "SameTenant",
    "SeveralPartitions",
    "Tenant",
    "Total",
    "Totals",
    "UnknownTenant",
    "check_partitions",
    "partition_of",
    "partition_to_write",
]
