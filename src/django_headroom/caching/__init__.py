"""What is dear to make, kept for a time: on cache servers of which any may die, or in a file of this machine."""

from django_headroom.caching.asking import Fetched, Made, NotMade
from django_headroom.caching.checks import check_caching
from django_headroom.caching.fetching import fetch
from django_headroom.caching.filling import fill, mark_stale, refill
from django_headroom.caching.stores import ABSENT, Held, Store, store

__all__ = [
    "ABSENT",
    "Fetched",
    "Held",
    "Made",
    "NotMade",
    "Store",
    "check_caching",
    "fetch",
    "fill",
    "mark_stale",
    "refill",
    "store",
]
