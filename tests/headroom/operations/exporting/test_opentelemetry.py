"""Spans come to whoever collects them, tell nothing of who has asked, and delay nobody when nobody collects."""

import socket
from collections.abc import Iterator

import pytest
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from django_headroom.operations.exporting import opentelemetry
from django_headroom.operations.exporting.opentelemetry import CHILDREN_MOST, carried, continuing
from django_headroom.operations.performance import hearing, outgoing, recorded, recording
from tests.collecting import collecting
from tests.headroom.operations.exporting.processes import at_work

ROOT = "GET shelf/<str:name>/"
SERVER, CLIENT, CONSUMER = 2, 3, 5  # kinds of spans, as protobuf counts them


def test_a_request_its_statements_and_its_calls_are_one_trace() -> None:
    with collecting() as collector, at_work(TOLD_TRACES=collector.address) as one:
        assert one.does("get", "/shelf/rye/?times=3") == 200
        trace = one.does("told")["trace_id"]
        root = collector.wait(lambda spans: [span for span in spans if span.name == ROOT])[0]
    children = [span for span in collector.spans if span.parent == root.id]
    assert {span.trace for span in [root, *children]} == {trace}
    assert [span.name for span in children] == ["SELECT default"] * 3 + ["call mill.example"]
    assert (root.kind, root.parent, {span.kind for span in children}) == (SERVER, "", {CLIENT})
    said = {name: root.attributes[name] for name in root.attributes if name.startswith("http.")}
    assert said == {
        "http.request.method": "GET",
        "http.route": "shelf/<str:name>/",
        "http.response.status_code": 200,
    }
    assert (root.attributes["headroom.queries"], root.attributes["headroom.cache.misses"]) == (3, 1)
    statement = children[0].attributes
    assert (statement["db.query.text"], statement["db.namespace"]) == ("SELECT ?, ?", "default")
    assert (root.resource["service.name"], root.resource["service.version"]) == ("tests", "7")


def test_nothing_is_told_of_who_has_asked_and_what_for_also_when_it_fails() -> None:
    with collecting() as collector, at_work(TOLD_TRACES=collector.address) as one:
        assert one.does("get", "/shelf/burnt/?mail=ann@mail.example") == 500
        trace = one.does("told")["trace_id"]
        root = collector.wait(lambda spans: [span for span in spans if span.name == ROOT])[0]
        log = one.end()
    assert root.has_failed
    told = " ".join(span.written for span in collector.spans)
    assert not [word for word in ("burnt", "ann@", "secret", "testserver", "127.0.0.1") if word in told]
    assert f"It is burnt. trace_id={trace}" in log


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """Somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener


def test_nobody_waits_for_a_collector_that_is_deaf_or_dead(deaf: socket.socket) -> None:
    """More than its queue holds; each answer is there, and so is the process's end."""
    host, port = deaf.getsockname()
    for address in (f"http://{host}:{port}/v1/traces", "http://127.0.0.1:9/v1/traces"):
        with at_work(TOLD_TRACES=address) as one:
            for _ in range(30):
                assert one.does("get", f"/shelf/rye/?times={CHILDREN_MOST}") == 200
            assert one.does("told")["db"]["default"]["n"] == CHILDREN_MOST
            one.end()
            assert one.running.returncode == 0


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is made in this process, from now to the end of the test."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    lists = (recording.at_the_start, recording.at_the_end, recording.when_called, hearing.when_sent)
    before = [[*each] for each in lists]
    opentelemetry.hear(provider)
    yield kept
    for each, was in zip(lists, before, strict=True):
        each[:] = was


def test_what_follows_later_is_of_the_same_trace(spans: InMemorySpanExporter) -> None:
    with recorded("job", "sell") as sold:
        line = carried()
    assert carried() == ""
    with continuing(line), recorded("job", "tell the baker") as told:
        pass
    with continuing(""), recorded("job", "sweep") as swept:
        pass
    assert told.trace_id == sold.trace_id != swept.trace_id
    first, second, third = spans.get_finished_spans()
    assert second.parent is not None
    assert (second.parent.span_id, first.parent, third.parent) == (first.context.span_id, None, None)
    assert context.get_current() == {}


def test_of_a_job_with_very_many_statements_the_first_are_told_and_the_number(
    spans: InMemorySpanExporter,
) -> None:
    with recorded("job", "ask everybody"):
        for _ in range(CHILDREN_MOST + 7):
            with outgoing("mill.example"):
                pass
    found = spans.get_finished_spans()
    assert len(found) == CHILDREN_MOST + 1
    assert found[-1].attributes is not None
    assert found[-1].attributes["headroom.spans_left_out"] == 7


def test_a_job_that_fails_has_a_span_that_says_so_and_not_why(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ArithmeticError), recorded("job", "bake"):
        raise ArithmeticError("ann@mail.example")
    (span,) = spans.get_finished_spans()
    assert not span.status.is_ok
    assert "ann@" not in span.to_json()
