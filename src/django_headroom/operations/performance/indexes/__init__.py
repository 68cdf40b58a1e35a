"""The watch over indexes: which are missing, and on PostgreSQL which are broken, unused, doubled, bloated or cold."""

from django_headroom.operations.performance.indexes.declared import missing_indexes
from django_headroom.operations.performance.indexes.findings import Finding
from django_headroom.operations.performance.indexes.used import Bounds, idle_indexes, residency

__all__ = ["Bounds", "Finding", "idle_indexes", "missing_indexes", "residency"]
