"""A load: clients that each send a request, wait for the whole answer, and send the next, over kept connections."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Load:
    """What came of it: bodies of the answers that were 200 or 201, how many others, and milliseconds per request."""

    seconds: float = 0.0
    answers: list[bytes] = field(default_factory=list)
    others: int = 0
    milliseconds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.answers) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the requests was answered."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class _Client:
    connection: socket.socket
    began: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        self.began, self.received = time.perf_counter(), b""
        self.connection.sendall(request)

    def is_answered(self) -> bool:
        """Read what is there; true once the answer is whole."""
        self.received += self.connection.recv(262_144)
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return False
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not length:
            raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
        return len(body) >= int(length)


def load(port: int, requests: Iterator[bytes], *, clients: int, seconds: float) -> Load:
    """Send requests for some seconds, each client one at a time."""
    done = Load()
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            client = _Client(socket.create_connection(("127.0.0.1", port)))
            client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(client.connection, selectors.EVENT_READ, client)
            client.send(next(requests))
        began = time.perf_counter()
        until = began + seconds
        waiting = clients
        while waiting:
            for key, _ in selector.select(timeout=30):
                client = key.data
                if not client.is_answered():
                    continue
                _note(done, client)
                if time.perf_counter() < until:
                    client.send(next(requests))
                else:
                    selector.unregister(client.connection)
                    client.connection.close()
                    waiting -= 1
        done.seconds = time.perf_counter() - began
    return done


def _note(done: Load, client: _Client) -> None:
    if client.received[9:12] in (b"200", b"201"):
        done.answers.append(client.received.partition(b"\r\n\r\n")[2])
    else:
        done.others += 1
    done.milliseconds.append(1_000 * (time.perf_counter() - client.began))


def post_request(path: str, body: bytes, **headers: str) -> bytes:
    """A POST of a form, as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/x-www-form-urlencoded"]
    lines += [
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body
