"""What is dear to make, kept for a time: on cache servers of which any may die, or in a file of this machine."""

from django_headroom.caching.checks import check_caching
from django_headroom.caching.stores import ABSENT, Held, Store, store

__all__ = ["ABSENT", "Held", "Store", "check_caching", "store"]
