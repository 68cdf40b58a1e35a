"""Which copy of a database to read: near enough, one for each request, and never older than the reader's own writes.

``reading`` chooses and reads; ``sessions`` knows who reads, ``positions`` what she has written; ``watching`` knows how
far each replica is; ``sparing`` bounds who reads a primary in its stead; ``guarding`` refuses writes to a replica, and
notes others.
"""

from django_headroom.replicas.checks import check_replicas
from django_headroom.replicas.guarding import OnlyForReading, guard_connections
from django_headroom.replicas.reading import has_near_copy, near_copy, read
from django_headroom.replicas.sessions import NotCommitted, OneCopy, known_as, session, written_so_far
from django_headroom.replicas.sparing import PrimaryIsSpared

__all__ = [
    "NotCommitted",
    "OneCopy",
    "OnlyForReading",
    "PrimaryIsSpared",
    "check_replicas",
    "guard_connections",
    "has_near_copy",
    "known_as",
    "near_copy",
    "read",
    "session",
    "written_so_far",
]

guard_connections()
