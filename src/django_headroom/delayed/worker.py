"""``drain``: claims what is due in one database by lease, tells each receiver, and writes down who has heard.

At least once: a worker that dies leaves its lease to run out, and another takes the events up.
"""

import time
import uuid
from collections.abc import Iterable

from django_headroom.delayed.models import Lane
from django_headroom.delayed.working.channels import one_of
from django_headroom.delayed.working.claiming import BATCH, Place, channels_due, claim
from django_headroom.delayed.working.leases import Lease
from django_headroom.delayed.working.telling import Outcome

WRITE_DOWN_EVERY = 1.0  # seconds of telling after which is written down what was told so far

__all__ = ["BATCH", "drain"]


def drain(alias: str, lanes: Iterable[Lane] = Lane) -> int:
    """Tell the receivers of what is due in one database, up to a batch of its first lane that has something.

    Returns:
        How many events were taken up; 0 means that nothing is due.
    """
    for lane in lanes:
        with one_of(lane, channels_due(alias, lane), alias) as channel:
            if channel is not None and (taken_up := _tell(Place(alias, lane, channel))):
                return taken_up
    return 0


def _tell(place: Place) -> int:
    owner = uuid.uuid4()  # of this batch alone: who begins again is somebody else, whatever her name
    events = claim(place, owner)
    if not events:
        return 0
    outcome = Outcome.of(place.alias, owner, events)
    written_at = time.monotonic()
    with Lease(place.alias, owner, events) as lease:
        for event in lease:
            outcome.tell(event)
            if time.monotonic() > written_at + WRITE_DOWN_EVERY:
                outcome.write_down()
                written_at = time.monotonic()
        outcome.write_down()
    return len(events)
