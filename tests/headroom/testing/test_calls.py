"""What goes elsewhere than to a database is shown beside the queries; other hosts than those listed are refused."""

import re
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.core.cache import cache, caches

from django_headroom.testing import BudgetExceeded, HostRefused, only_hosts, queries_counted, query_budget
from tests.headroom.market.people.models import Person
from tests.headroom.market.threads import DATABASES, together

ABROAD = ("192.0.2.1", 80)  # an address that is nobody's


class Answering(BaseHTTPRequestHandler):
    """It says yes to everything, and keeps connections."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *words: object) -> None:
        """Not on a test's output."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_calls_to_a_cache_are_noted_with_their_keys_and_are_no_queries() -> None:
    with queries_counted() as spent:
        cache.set("bread", "rye")
        caches["default"].get_many(["bread", "cheese"])
        cache.get_or_set("ham", 3)
    assert spent.count == 0
    assert [(call.cache, call.shape, call.values) for call in spent.calls] == [
        ("default", "set", ("bread",)),
        ("default", "get_many", ("bread", "cheese")),
        ("default", "get", ("ham",)),
        ("default", "add", ("ham",)),
        ("default", "get", ("ham",)),
    ], "and not what a cache calls of itself for get_many"
    assert {call.place.split(":")[0] for call in spent.calls} == {"tests/headroom/testing/test_calls.py"}


def test_caches_of_other_threads_are_heard_too() -> None:
    with queries_counted() as spent:
        together(3, lambda number: cache.set(f"loaf-{number}", 1))
    assert sorted(call.values for call in spent.calls) == [("loaf-0",), ("loaf-1",), ("loaf-2",)]


def test_a_call_to_another_host_is_noted(port: int) -> None:
    with queries_counted() as spent, urlopen(f"http://localhost:{port}/bread?size=2"):
        pass
    assert ("connect", ("127.0.0.1", port)) in [(call.shape, call.values) for call in spent.calls]
    (asked,) = [call for call in spent.calls if call.shape.startswith("GET ")]
    assert (asked.shape, asked.values, asked.alias) == ("GET /bread?size=2", ("localhost", port), "elsewhere")


def test_a_request_over_a_connection_that_was_kept_is_noted(port: int) -> None:
    kept = HTTPConnection("127.0.0.1", port)
    kept.request("GET", "/first")
    kept.getresponse().read()
    with queries_counted() as spent:
        kept.request("GET", "/second")
        kept.getresponse().read()
    kept.close()
    assert [call.shape for call in spent.calls] == ["GET /second"]


@pytest.mark.django_db(databases=DATABASES)
def test_a_budget_that_is_exceeded_shows_them_after_the_queries(port: int, ann: Person) -> None:
    with pytest.raises(BudgetExceeded) as failure, query_budget(0):
        Person.objects.count()
        for number in range(5):
            cache.get(f"loaf-{number}")
        urlopen(f"http://127.0.0.1:{port}/bread").close()
    told = str(failure.value)
    assert told.startswith("1 queries, 0 allowed:\npeople: 1 in ")
    assert re.search(r"cache 'default': 5 in [\d.]+ ms\n  1–5\. [\d.]+ ms  ×5 get  \['loaf-0'\] ", told), told
    assert re.search(r"\['loaf-2'\] …; N\+1 from tests/headroom/testing/test_calls.py:\d+\n", told), told
    assert re.search(r"elsewhere: 2\n    1\.  connect  \['127\.0\.0\.1', \d+\]  from ", told), told
    assert re.search(r"\n    2\.  GET /bread  \['127\.0\.0\.1', \d+\]  from ", told), told


def test_a_host_that_is_not_listed_is_refused_with_the_line(port: int) -> None:
    with only_hosts("localhost", "127.*"):
        urlopen(f"http://localhost:{port}/").close()
        with pytest.raises(
            HostRefused, match=r"'192\.0\.2\.1' from tests/.*test_calls\.py:\d+\. This run calls only"
        ):
            socket.create_connection(ABROAD, timeout=1)
        with pytest.raises(HostRefused, match=r"'nobody\.example'"):
            urlopen("http://nobody.example/")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling, pytest.raises(HostRefused):
            telling.sendto(b"count:1|c", ABROAD)


def test_it_is_refused_in_other_threads_too() -> None:
    def call(_: int) -> str:
        with pytest.raises(HostRefused) as refused:
            socket.create_connection(ABROAD, timeout=1)
        return type(refused.value).__name__

    with only_hosts("localhost"):
        assert together(2, call) == ["HostRefused"] * 2


def test_a_socket_in_the_file_system_is_no_host(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with only_hosts(), socket.socket(socket.AF_UNIX) as heard, socket.socket(socket.AF_UNIX) as calling:
        heard.bind(path)
        heard.listen()
        calling.connect(path)


def test_a_name_that_is_listed_may_be_called_by_its_address(port: int) -> None:
    with only_hosts("localhost"):
        urlopen(f"http://localhost:{port}/").close()


def test_after_the_block_everybody_may_be_called(port: int) -> None:
    with only_hosts(), pytest.raises(HostRefused):
        socket.create_connection(("127.0.0.1", port))
    socket.create_connection(("127.0.0.1", port)).close()
