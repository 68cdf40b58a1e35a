"""A pool of memcached nodes of which any may die, hang or come back: it costs one moment, and nobody is told wrong."""

from django_headroom.caching.memcached.nodes import Patience
from django_headroom.caching.memcached.pool import Pool

__all__ = ["Patience", "Pool"]
