"""A receiver of OpenTelemetry's spans, as a collector is one: OTLP over HTTP, in protobuf."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PATIENCE = 120.0  # seconds that a machine may take which is busy with other things


class Span:
    """A span as it came; of its attributes the values."""

    def __init__(self, span: Any, resource: dict[str, Any]) -> None:
        self.name, self.kind, self.resource = span.name, span.kind, resource
        self.trace, self.id, self.parent = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        self.attributes = attributes_of(span.attributes)
        self.has_failed = span.status.code == 2
        self.written = str(span)


class Collector:
    """What came so far."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.spans: list[Span] = []

    def wait(self, has_come: Callable[[list[Span]], Any]) -> Any:
        """What the function finds among the spans, when it finds something."""
        until = time.monotonic() + PATIENCE
        while not (found := has_come(list(self.spans))):
            assert time.monotonic() < until, [span.name for span in self.spans]
            time.sleep(0.05)
        return found


def attributes_of(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource = attributes_of(group.resource.attributes)
                found = [Span(span, resource) for scope in group.scope_spans for span in scope.spans]
                collector.spans += found
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, format: str, *given: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}/v1/traces")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
