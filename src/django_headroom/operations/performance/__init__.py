"""What each request and job has cost: recorded while it runs, told as one line, kept as sums by minute.

``recording`` holds what is noted of one request, ``hearing`` notes it, ``middleware`` begins and ends it; ``telling``
writes the line to syslog; ``watching`` looks at those that run too long.
"""

from django_headroom.operations.performance.middleware import Recorded
from django_headroom.operations.performance.recording import (
    counted,
    drawing,
    note_stale,
    outgoing,
    recorded,
)
from django_headroom.operations.performance.telling import dropped

__all__ = ["Recorded", "counted", "drawing", "dropped", "note_stale", "outgoing", "recorded"]
