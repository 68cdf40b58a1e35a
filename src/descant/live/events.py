"""Events as they are sent: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

import random

import orjson

from descant.discussion.reading.changes import Clock

BEAT = b":\n\n"  # nothing, so that no proxy on the way takes the line for dead
RELOAD = orjson.dumps({"told": False})
LONGEST = 128 * 1024  # bytes: what many readers are sent at once is kept for each of them until she takes it
AGAIN_SECONDS = (1.0, 6.0)  # after which she comes back when the line breaks: not all at once


def opening(clock: Clock) -> bytes:
    """What every stream begins with: when to come back, and what is known already."""
    return f"retry: {random.uniform(*AGAIN_SECONDS) * 1000:.0f}\nid: {clock}\n\n".encode()


def change(clock: Clock, body: bytes) -> bytes:
    """A change, by which she is at this clock; of one that is too long no more than that there is one.

    Where nothing that she sees has changed she is told the clock alone: data without a letter is an event too.
    """
    if not body:
        return f"id: {clock}\n\n".encode()
    body = body if len(body) <= LONGEST else RELOAD
    return f"id: {clock}\nevent: change\ndata: ".encode() + body + b"\n\n"


def scores(found: dict[int, int]) -> bytes:
    """Scores, without an id: they are asked for anew by whoever comes back."""
    return b"event: scores\ndata: " + orjson.dumps({str(pk): score for pk, score in found.items()}) + b"\n\n"
