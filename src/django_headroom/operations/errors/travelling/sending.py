"""Errors on their way to another server of the Sentry protocol, which may be away for a while.

Of each kind one event of a batch says how often the kind was counted in it, as ``times`` in its extra: one that is
kept whole if there is one, else one without a stack. Servers of others count events: as many, while they are few.
"""

import gzip
import http.client
import logging
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sentry_sdk.consts import EndpointType
from sentry_sdk.envelope import Envelope
from sentry_sdk.utils import Dsn

from django_headroom.conf import headroom
from django_headroom.operations.errors.sdk import MARK, TIMES
from django_headroom.operations.errors.travelling.batches import Batch, Sum

SECONDS = 5.0
NEVER_TAKEN = (400, 413, 415, 422)
"""Statuses by which a server says that it will not take this event tomorrow either."""

logger = logging.getLogger(__name__)


def deliver(batch: Batch) -> None:
    """Send a batch to the server that ``ERRORS_DSN`` names; what is sent is taken out of it.

    Raises:
        OSError: the server does not answer, or not now; the rest is still in the batch.
    """
    while batch.bodies:
        fingerprint = batch.bodies[0]["fingerprint"]
        event = batch.bodies[0]["event"]
        times = batch.sums[fingerprint].hours.total() if fingerprint in batch.sums else 0
        _send({**event, "extra": {**(event.get("extra") or {}), TIMES: times}})
        del batch.bodies[0]
        batch.sums.pop(fingerprint, None)
    for fingerprint in list(batch.sums):
        _send(_bare(fingerprint, batch))
        del batch.sums[fingerprint]


def _bare(fingerprint: str, batch: Batch) -> dict[str, Any]:
    """An event of which nothing is known but its kind, and how often it was counted."""
    counted: Sum = batch.sums[fingerprint]
    return {
        "event_id": uuid.uuid5(batch.number, fingerprint).hex,  # the same at the next try
        "timestamp": counted.last_at,
        "level": "error",
        "platform": "python",
        "release": counted.release or None,
        "transaction": counted.culprit,
        "fingerprint": [MARK, fingerprint],
        "exception": {"values": [{"type": counted.title, "value": counted.message}]},
        "extra": {TIMES: counted.hours.total()},
    }


def _send(event: dict[str, Any]) -> None:
    envelope = Envelope(headers={"event_id": event.get("event_id")})
    envelope.add_event(event)  # type: ignore[arg-type]
    auth = Dsn(headroom().errors_dsn).to_auth("django_headroom")
    headers = {
        "Content-Type": "application/x-sentry-envelope",
        "Content-Encoding": "gzip",
        "X-Sentry-Auth": auth.to_header(),
    }
    request = Request(
        auth.get_api_url(EndpointType.ENVELOPE), gzip.compress(envelope.serialize()), headers, method="POST"
    )
    try:
        with urlopen(request, timeout=SECONDS):
            return
    except HTTPError as refused:
        if refused.code not in NEVER_TAKEN:
            raise
        logger.warning("An error is left out, for its server does not take it: %s", refused)
    except http.client.HTTPException as broken:
        raise ConnectionError(f"The server of errors breaks off: {broken!r}") from broken
