"""A real server for the tests, on this machine, that answers as it is told: late, in drips, wrongly, or elsewhere."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Outsider(ThreadingHTTPServer):
    """Its ``manner`` says how it behaves, by the path of a request; ``heard`` keeps what it was asked."""

    daemon_threads = True

    def __init__(self, *, everywhere: bool = False) -> None:
        place = ("::" if _has_ipv6() else "0.0.0.0") if everywhere else "127.0.0.1"
        self.address_family = socket.AF_INET6 if place == "::" else socket.AF_INET
        super().__init__((place, 0), _Answering)
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, bytes] = {}
        self.is_over = threading.Event()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"


def _has_ipv6() -> bool:
    """Whether this machine knows both kinds of addresses."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return socket.has_dualstack_ipv6()
    except OSError:
        return False


class _Answering(BaseHTTPRequestHandler):
    server: Outsider

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_words: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        path, _, asked = self.path.partition("?")
        self.server.heard.append((self.path, dict(self.headers), body))
        with contextlib.suppress(OSError):
            getattr(self, f"_{path.strip('/')}", self._plain)(asked)

    def _plain(self, _asked: str) -> None:
        self._send(200, self.server.answers.get(self.path, b"false"))

    def _broken(self, _asked: str) -> None:
        self._send(500, b"out of order")

    def _gone(self, _asked: str) -> None:
        self._send(410, b"")

    def _challenge(self, _asked: str) -> None:
        """As a plugin of Disqus answers: with the challenge, where it is asked for one."""
        self._send(200, str(json.loads(self.server.heard[-1][2]).get("challenge", "OK")).encode())

    def _large(self, _asked: str) -> None:
        self._send(200, b"x" * 2_000_000)

    def _hang(self, _asked: str) -> None:
        self.server.is_over.wait(30)

    def _elsewhere(self, asked: str) -> None:
        status, _, target = asked.partition(",")
        self.send_response(int(status))
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self, _asked: str) -> None:
        """A header a byte at a time, for as long as anybody listens."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.is_over.is_set():
            self.wfile.write(b"a")
            self.wfile.flush()
            time.sleep(0.05)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def outsider(*, everywhere: bool = False) -> Iterator[Outsider]:
    """The server, until the block ends; on 127.0.0.1 alone, or on every address of this machine, old ones and new."""
    server = Outsider(everywhere=everywhere)
    serving: Any = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield server
    finally:
        server.is_over.set()
        server.shutdown()
        serving.join()
        server.server_close()
