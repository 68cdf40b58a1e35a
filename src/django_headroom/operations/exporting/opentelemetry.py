"""Spans of requests, jobs, statements and calls for OpenTelemetry, sent by its own SDK aside from any request.

Wants ``opentelemetry-sdk`` and ``opentelemetry-exporter-otlp-proto-http``. A span tells what the record holds: names
of the project's own, statements without values; nothing of who asks, and no message of an exception. What strangers say
of traces is not heard, and nothing of ours is told to other hosts.
"""

import atexit
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Token
from dataclasses import dataclass
from typing import Any

from django.db import connections
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from django_headroom.conf import headroom
from django_headroom.operations.performance import hearing, recording
from django_headroom.operations.performance.hearing import Sent
from django_headroom.operations.performance.places import own_packages
from django_headroom.operations.performance.recording import Record
from django_headroom.operations.performance.wording import normalised

CHILDREN_MOST = 200  # spans of one request besides its own; of what is more it tells the number
SEND_EVERY, GIVEN_UP, END_WITHIN = 2.0, 5.0, 2.0  # seconds
_W3C = TraceContextTextMapPropagator()
_HEADER = "traceparent"


@dataclass
class _Traced:
    """The span of a record, while it runs."""

    span: Span
    inside: context.Context
    token: Token[context.Context]
    children: int = 0
    left_out: int = 0


_tracer: trace.Tracer = trace.NoOpTracer()


def begin() -> None:
    """Make spans of what is recorded from now on, and send them to the place in the settings."""
    exporter = OTLPSpanExporter(headroom().performance_traces, timeout=GIVEN_UP)
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=SEND_EVERY * 1000)
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(headroom().performance_traces_part)),
        resource=_resource(),
        shutdown_on_exit=False,  # it would wait for half a minute for a collector that is dead
    )
    provider.add_span_processor(processor)
    atexit.register(_send_the_last, processor)
    hear(provider)


def hear(provider: trace.TracerProvider) -> None:
    """Have spans made by this provider from now on."""
    global _tracer
    _tracer = provider.get_tracer("django_headroom")
    recording.at_the_start.append(_begin_span)
    recording.at_the_end.insert(0, _end_span)
    recording.when_called.append(_note_call)
    hearing.when_sent.append(_note_statement)


def carried() -> str:
    """The trace of this context in a line, for what is told of elsewhere and later; nothing where there is none.

    >>> surrounding.carried["trace"] = (carried, continuing)
    """
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(_HEADER, "")


@contextmanager
def continuing(line: str | None) -> Iterator[None]:
    """Belong to the trace of such a line; without one what is recorded in the block begins a trace of its own.

    >>> with continuing(line), recorded("job", "tell subscribers"):
    ...     ...
    """
    token = context.attach(_W3C.extract({_HEADER: line or ""}, context.Context()))
    try:
        yield
    finally:
        context.detach(token)


def _resource() -> Resource:
    """Who we are; the environment (``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES``) has the last word."""
    own = {
        "service.name": next(iter(own_packages()), "django"),
        "service.version": headroom().release,
        "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        "host.name": socket.gethostname(),
    }
    return Resource.create(own).merge(OTELResourceDetector().detect())


def _begin_span(record: Record) -> None:
    kind = SpanKind.SERVER if record.kind == "request" else SpanKind.CONSUMER
    span = _tracer.start_span(record.name or record.kind, kind=kind)
    inside = trace.set_span_in_context(span)
    record.traced = _Traced(span, inside, context.attach(inside))
    record.trace_id = format(span.get_span_context().trace_id, "032x")


def _end_span(record: Record) -> None:
    traced: _Traced | None = record.traced
    if traced is None:
        return  # it began before this was heard
    context.detach(traced.token)
    span = traced.span
    if span.is_recording():
        if record.kind == "request":
            span.update_name(f"{record.method} {record.route}")
            span.set_attribute("http.request.method", record.method)
            span.set_attribute("http.route", record.route)
            span.set_attribute("http.response.status_code", record.status)
        span.set_attributes(_sums_of(record))
        if traced.left_out:
            span.set_attribute("headroom.spans_left_out", traced.left_out)
        if record.failed or record.status >= 500:
            span.set_status(StatusCode.ERROR)
    span.end()


def _sums_of(record: Record) -> dict[str, int | float]:
    databases = record.databases.values()
    return {
        "headroom.queries": sum(each.count for each in databases),
        "headroom.duplicates": sum(each.duplicates for each in databases),
        "headroom.cache.hits": record.cache_hits,
        "headroom.cache.misses": record.cache_misses,
        "headroom.cache.seconds": record.cache[1],
        "headroom.templates.seconds": record.templates[1],
        "headroom.stale": record.stale,
    }


def _note_statement(record: Record, sent: Sent) -> None:
    wording = normalised(sent.sql)
    verb = wording.partition(" ")[0].upper()
    vendor = connections[sent.alias].vendor
    told = {
        "db.system.name": vendor,
        "db.namespace": sent.alias,
        "db.operation.name": verb,
        "db.query.text": wording,
    }
    _child(record, f"{verb} {sent.alias}", sent.seconds, told, failed=sent.failed)


def _note_call(record: Record, host: str, seconds: float, failed: bool) -> None:
    _child(record, f"call {host}", seconds, {"server.address": host}, failed=failed)


def _child(record: Record, name: str, seconds: float, told: dict[str, Any], *, failed: bool) -> None:
    """What has ended just now; beside the threads of a request, whose context it may not be in."""
    traced: _Traced | None = record.traced
    if traced is None or not traced.span.is_recording():
        return
    if traced.children >= CHILDREN_MOST:
        traced.left_out += 1
        return
    traced.children += 1
    ended = time.time_ns()
    began = ended - int(seconds * 1e9)
    span = _tracer.start_span(name, traced.inside, SpanKind.CLIENT, told, start_time=began)
    if failed:
        span.set_status(StatusCode.ERROR)
    span.end(ended)


def _send_the_last(processor: BatchSpanProcessor) -> None:
    """A process that ends waits a moment, and not for a collector that is dead."""
    sending = threading.Thread(target=processor.force_flush, daemon=True)
    sending.start()
    sending.join(END_WITHIN)
