"""The store that needs no server: one file, shared by all processes of a machine."""

from django_headroom.caching.embedded.store import Embedded

__all__ = ["Embedded"]
