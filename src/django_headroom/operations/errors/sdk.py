"""sentry-sdk: what it is told, and how its events come to those that are counted."""

import time
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from django_headroom.conf import headroom
from django_headroom.operations.errors import counting
from django_headroom.operations.errors.kinds import Kind, kind_of_event
from django_headroom.operations.errors.scrubbing import scrubbed, storable
from django_headroom.operations.errors.travelling.batches import Sum

MARK = "headroom"
"""Stands first in the fingerprint of an event that was counted before it was written out."""

TIMES, MOST_TIMES = "times", 10**9
"""What such an event from elsewhere says in its extra: for how many it stands; 0 if another has told of it."""


class ToTheStore(Transport):
    """Hands events on with the next sums; what was not counted before is counted here."""

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        if event is not None:
            receive(dict(event))


def begin() -> None:
    """Set the SDK up; its own hooks into Django stay out, for they cost every request (docs/decisions)."""
    settings = headroom()
    sentry_sdk.init(
        transport=ToTheStore(),  # also to another server, which may be away: see travelling/sending.py
        release=settings.release or None,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,  # see variables.py
        include_source_context=True,
        max_request_body_size="never",
        max_value_length=2_000,
        auto_session_tracking=False,
        before_send=_without_secrets,
        in_app_include=list(settings.errors_own),
    )


def send(event: dict[str, Any]) -> None:
    """Give an event to the SDK, which adds its scope, and what ``before_send`` takes out is gone."""
    sentry_sdk.capture_event(event)  # type: ignore[arg-type]


def receive(event: dict[str, Any], project: str = "") -> None:
    """Keep an event, and count it unless it was; a program elsewhere may have sent it."""
    mark = event.get("fingerprint") or [""]
    is_marked = len(mark) == 2 and mark[0] == MARK
    if is_marked and not project:
        fingerprint, is_kept = str(mark[1]), True
    else:
        kind = kind_of_event(event)
        if project:
            kind = Kind(f"{kind.fingerprint}:{project}", kind.title, kind.culprit)
        fingerprint, times = kind.fingerprint, _times(event) if is_marked else 1
        is_kept = bool(times) and counting.count(kind, lambda: _sum(kind, event, project), times=times)
        if is_marked:  # it was chosen where it came from; what has no stack stands for a number alone
            is_kept = bool(frames_of(event))
    if is_kept:
        counting.keep_body({"fingerprint": fingerprint, "at": time.time(), "event": event})


def _times(event: dict[str, Any]) -> int:
    extra = event.get("extra")
    times = extra.get(TIMES) if isinstance(extra, dict) else None
    return min(max(times, 0), MOST_TIMES) if type(times) is int else 1


def _sum(kind: Kind, event: dict[str, Any], project: str) -> Sum:
    message = message_of(event)
    return Sum(kind.title, kind.culprit, message, project, str(event.get("release") or "")[:100])


def message_of(event: dict[str, Any]) -> str:
    """What the exception of an event says, as far as it is shown in a list."""
    held = event.get("exception")
    values = held.get("values") if isinstance(held, dict) else None
    last = values[-1] if isinstance(values, list) and values else None
    return str(last.get("value") or "")[:500] if isinstance(last, dict) else ""


def _without_secrets(event: Any, hint: Any) -> Any:
    return scrubbed_event(event)


def scrubbed_event(event: dict[str, Any]) -> dict[str, Any]:
    """An event without what never leaves; the lines of source in it are ours and stay as they are."""
    sources = [
        (frame, {name: frame[name] for name in _SOURCE if name in frame}) for frame in frames_of(event)
    ]
    plain: dict[str, Any] = scrubbed(event)
    for (_, source), frame in zip(sources, frames_of(plain), strict=True):
        frame.update(_storable(source))
    for name in _OURS:
        if name in event:
            plain[name] = _storable(event[name])
    return plain


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {storable(str(name)): _storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    return storable(value) if isinstance(value, str) else value


_SOURCE = ("pre_context", "context_line", "post_context", "abs_path", "filename", "module", "function")
_OURS = ("event_id", "timestamp", "release", "fingerprint", "platform", "sdk", "level")


def frames_of(event: Any) -> list[dict[str, Any]]:
    """The frames of all exceptions of an event."""
    held = event.get("exception") if isinstance(event, dict) else None
    values = held.get("values") if isinstance(held, dict) else None
    found: list[dict[str, Any]] = []
    for value in values if isinstance(values, list) else ():
        stack = value.get("stacktrace") if isinstance(value, dict) else None
        frames = stack.get("frames") if isinstance(stack, dict) else None
        found += [each for each in frames if isinstance(each, dict)] if isinstance(frames, list) else []
    return found
