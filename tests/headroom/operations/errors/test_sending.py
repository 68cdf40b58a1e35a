"""Errors go to another server of the Sentry protocol, each count once, also while that server is away for a while."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import path

from django_headroom.operations.errors import counting
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group, Occurrence
from django_headroom.operations.errors.travelling import receiving
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=["default", "people"])
urlpatterns = [path("api/<int:project>/envelope/", receiving.receive_envelope)]


@dataclass
class Server:
    """What another server takes, and how it answers: with each of these statuses once, then with 200."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of the envelopes that it has taken."""
        return [json.loads(gzip.decompress(each).splitlines()[2]) for each in self.taken]

    @property
    def times(self) -> list[int]:
        return [each["extra"]["times"] for each in self.events]


@contextmanager
def server_of_sentry() -> Iterator[Server]:
    found = Server()

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.statuses.pop(0) if found.statuses else 200
            found.asked.append((self.headers["X-Sentry-Auth"], body))
            if status == 200:
                found.taken.append(body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One that the settings name."""
    with server_of_sentry() as found:
        told = {
            "ERRORS_DSN": f"http://thekey@127.0.0.1:{found.port}/7",
            "ERRORS_FOLDER": str(tmp_path / "left"),
        }
        with override_settings(HEADROOM={**HEADROOM, **told}):
            yield found


def fail(bakery: ModuleType, times: int = 1, scale: object = 0) -> None:
    for _ in range(times):
        try:
            bakery.weigh(7, scale)
        except (ValueError, ArithmeticError) as error:
            capture(error)


def test_with_a_dsn_errors_go_to_that_server_and_are_counted_there(
    bakery: ModuleType, server: Server
) -> None:
    fail(bakery, 5)
    assert flush() == 5
    fail(bakery, 2)
    assert flush() == 2
    assert server.times == [5, 0, 0, 2], "three of five are whole, and of two more none"
    first, *_, last = server.events
    assert first["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]["loaf"] == "7"
    assert "stacktrace" not in last["exception"]["values"][-1]
    assert first["fingerprint"] == last["fingerprint"]
    assert {"sentry_key=thekey" in auth for auth, _ in server.asked} == {True}
    assert Group.objects.count() == 0, "and none are kept here"


@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_what_a_server_does_not_take_now_waits_and_is_sent_once(
    bakery: ModuleType, server: Server, status: int
) -> None:
    server.statuses = [200, status, status]  # the first of a batch, and then none twice
    fail(bakery, 5)
    for _ in range(2):
        with pytest.raises(OSError, match=str(status)):
            flush()
        fail(bakery, 2, scale=None)
    flush()
    assert flush() == 0
    assert sum(server.times) == 9
    assert len({each["event_id"] for each in server.events}) == len(server.events)


def test_while_no_server_is_there_all_counts_wait(bakery: ModuleType, server: Server) -> None:
    nowhere = {**HEADROOM, "ERRORS_DSN": "http://thekey@127.0.0.1:1/7"}
    with override_settings(HEADROOM=nowhere):
        for _ in range(50):
            fail(bakery, 3)
            with pytest.raises(OSError, match="refused"):
                flush()
    flush()
    assert sum(server.times) == 150


def test_what_a_server_never_takes_is_left_out(
    bakery: ModuleType, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.statuses = [413]
    fail(bakery, 2)
    flush()
    assert server.times == [0]
    assert "An error is left out" in caplog.text


def test_what_a_process_has_left_is_sent_once_by_the_next(bakery: ModuleType, server: Server) -> None:
    server.statuses = [503, 200, 503]
    fail(bakery, 2)
    fail(bakery, 1, scale=None)
    with pytest.raises(OSError, match="503"):
        flush()
    counting.write_down()
    counting._begin_anew()  # the next process
    with pytest.raises(OSError, match="503"):  # in the middle of the file
        flush()
    assert server.times == [2]
    flush()
    assert sorted(server.times) == [0, 1, 2]
    assert flush() == 0


def test_another_site_of_this_kind_counts_as_many(bakery: ModuleType, server: Server) -> None:
    for _ in range(3):
        fail(bakery, 100)
        fail(bakery, 7, scale=None)
        flush()
    assert len(server.taken) < 30
    known = {**HEADROOM, "ERRORS_KEYS": {"7": "thekey"}}
    receiving._allowances.left.clear()
    with override_settings(HEADROOM=known, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"]):
        for auth, body in server.asked:
            headers = {"X-Sentry-Auth": auth, "Content-Encoding": "gzip"}
            kind = "application/x-sentry-envelope"
            assert (
                Client().post("/api/7/envelope/", body, content_type=kind, headers=headers).status_code == 200
            )
        flush()
    counts = dict(Group.objects.values_list("title", "count"))
    assert counts == {"ZeroDivisionError": 300, "ValueError": 21}
    for group in Group.objects.all():
        latest = Occurrence.objects.filter(group=group).latest("pk")
        assert latest.body["exception"]["values"][-1]["stacktrace"]["frames"], (
            "only those with a stack are kept"
        )


@pytest.mark.parametrize("times", [-1, 10**30, True, "7", None])
def test_a_number_that_is_none_breaks_nothing(times: object) -> None:
    event = {"fingerprint": ["headroom", "1:a"], "extra": {"times": times}}
    receiving.receive({"exception": {"values": [{"type": "KeyError"}]}, **event}, "7")
    assert flush() in (0, 1, 10**9)
