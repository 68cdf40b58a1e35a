"""Sending one message to one target, once: what became of it is told, and when to try again is for others to say."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from descant.egress import Answer, Bounds, EgressFailed, EgressRefused, ask, is_named
from descant.forums.models import Target
from descant.forums.webhooks.signing import headers_for

MOST = 64 * 1024
QUICK = Bounds(seconds=5.0, most=MOST)  # for who has answered so far
PATIENT = Bounds(seconds=15.0, most=MOST)
ANSWER_KEPT = 500
GONE = 410  # the target wants no more
TEST, VERIFY = "test", "verify"
_VERBS = {Target.Event.CREATED.value: "create", Target.Event.UPDATED.value: "update", TEST: "test"}


@dataclass(frozen=True)
class Event:
    """What has happened.

    Args:
        kind: of ``Target.Event``, a test, or the question whether a target wants to be told.
        said: what is told of it; nothing that only some may read.
    """

    kind: str
    said: Mapping[str, Any]
    id: str = field(default_factory=lambda: f"msg_{secrets.token_urlsafe(18)}")
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Outcome:
    """What became of one try.

    Args:
        status: of the answer; 0 without one.
        is_final: whether to try again is no use.
        answer: its beginning, of targets on the public network alone.
        retry_after: the seconds after which it wishes to be asked again; 0 if it does not say.
    """

    status: int = 0
    is_final: bool = False
    why: str = ""
    answer: str = ""
    retry_after: int = 0

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def send(target: Target, event: Event, bounds: Bounds = PATIENT) -> Outcome:
    """Tell a target of an event."""
    answer = _asked(target, body_of(target, event), event.id, bounds)
    return answer if isinstance(answer, Outcome) else _outcome(target, answer)


def verify(target: Target, event: Event, bounds: Bounds = PATIENT) -> Outcome:
    """Whether a target that speaks as Disqus does wants to be told: it gives the challenge back."""
    answer = _asked(target, body_of(target, event), event.id, bounds)
    if isinstance(answer, Outcome):
        return answer
    outcome = _outcome(target, answer)
    if outcome.is_taken and answer.body.strip() != event.said["challenge"].encode():
        return replace(outcome, status=0, why=_("The target has not given the challenge back."))
    return outcome


def challenge() -> Event:
    """What a target is to give back."""
    return Event(VERIFY, {"challenge": secrets.token_urlsafe(24)})


def body_of(target: Target, event: Event) -> bytes:
    """What is sent, in the words of the target's dialect."""
    told: dict[str, Any]
    if event.kind == VERIFY:
        told = {"verb": "verify", "object_type": "post", **event.said}
    elif target.dialect == Target.Dialect.DISQUS:
        told = {"verb": _VERBS[event.kind], "object_type": "post", "transformed_data": event.said}
    else:
        told = {"type": event.kind, "timestamp": event.at.isoformat(), "data": event.said}
    return json.dumps(told, ensure_ascii=False).encode()


def _asked(target: Target, body: bytes, event_id: str, bounds: Bounds) -> Answer | Outcome:
    signed = headers_for(target, body, event_id=event_id, at=int(time.time()))
    headers = {"Content-Type": "application/json", **signed}
    try:
        return ask(target.url, body=body, headers=headers, bounds=bounds)
    except EgressRefused as error:
        return Outcome(is_final=True, why=str(error))
    except EgressFailed as error:
        return Outcome(why=str(error))


def _outcome(target: Target, answer: Answer) -> Outcome:
    """What our own network answers is not for owners to read."""
    written = "" if is_named(target.url) else answer.body[: 4 * ANSWER_KEPT].decode(errors="replace")
    after = answer.headers.get("retry-after", "")
    seconds = int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else 0
    kept = written.replace("\0", "")[:ANSWER_KEPT]
    return Outcome(answer.status, answer.status == GONE, answer=kept, retry_after=seconds)
