"""Sending one message to one target, once: what became of it is told, and when to try again is for others to say."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from descant.egress import Answer, Bounds, EgressFailed, EgressRefused, ask
from descant.forums.models import Target
from descant.forums.webhooks.signing import headers_for

BOUNDS = Bounds(seconds=10.0, most=64 * 1024)
GONE = 410  # the target wants no more
TEST = "test"
_VERBS = {Target.Event.CREATED: "create", Target.Event.UPDATED: "update"}


@dataclass(frozen=True)
class Event:
    """What has happened.

    Args:
        kind: of ``Target.Event``, or a test.
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
    """

    status: int = 0
    is_final: bool = False
    why: str = ""

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def send(target: Target, event: Event) -> Outcome:
    """Tell a target of an event."""
    body = _body(target, event)
    answer = _asked(target, body, event.id)
    if isinstance(answer, Outcome):
        return answer
    return Outcome(answer.status, answer.status == GONE)


def send_test(target: Target) -> Outcome:
    """Something harmless, to see whether it arrives; who speaks as Disqus does is asked for the challenge."""
    if target.dialect == Target.Dialect.DISQUS:
        return verify(target)
    return send(target, Event(TEST, {"forum": target.forum.name}))


def verify(target: Target) -> Outcome:
    """Whether a target that speaks as Disqus does wants to be told: it gives the challenge back."""
    challenge = secrets.token_urlsafe(24)
    body = {"verb": "verify", "object_type": "post", "challenge": challenge}
    answer = _asked(target, json.dumps(body).encode(), "")
    if isinstance(answer, Outcome):
        return answer
    if answer.body.strip() != challenge.encode():
        return Outcome(0, why=_("The target has not given the challenge back."))
    return Outcome(answer.status)


def _asked(target: Target, body: bytes, event_id: str) -> Answer | Outcome:
    signed = headers_for(target, body, event_id=event_id, at=int(time.time()))
    headers = {"Content-Type": "application/json", **signed}
    try:
        return ask(target.url, body=body, headers=headers, bounds=BOUNDS)
    except EgressRefused as error:
        return Outcome(is_final=True, why=str(error))
    except EgressFailed as error:
        return Outcome(why=str(error))


def _body(target: Target, event: Event) -> bytes:
    if target.dialect == Target.Dialect.DISQUS:
        verb = _VERBS.get(Target.Event(event.kind), "update")
        told = {"verb": verb, "object_type": "post", "transformed_data": event.said}
    else:
        told = {"type": event.kind, "timestamp": event.at.isoformat(), "data": event.said}
    return json.dumps(told, ensure_ascii=False).encode()
