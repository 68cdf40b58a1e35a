"""One row, one object, for the length of a request or a job: ``with identity_map():``."""

from django_headroom.identity.kept import Conflict
from django_headroom.identity.mapped import (
    IdentityMapMiddleware,
    Mapped,
    MappedQuerySet,
    when_written,
    written,
)
from django_headroom.identity.mapping import IdentityMap, bypassed, identity_map, open_map

__all__ = [
    "Conflict",
    "IdentityMap",
    "IdentityMapMiddleware",
    "Mapped",
    "MappedQuerySet",
    "bypassed",
    "identity_map",
    "open_map",
    "when_written",
    "written",
]
