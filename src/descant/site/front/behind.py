"""Django behind the front: one request at a time in each of a few threads, by its own handler, as under WSGI."""

import asyncio
import io
import sys
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_started
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from descant.site.front.pages import Answer, Headers, answer_of, headers_of
from descant.site.front.waiting import Threads, TooMany, forum_named_in
from django_headroom.operations.performance.middleware import ARRIVED

BODY_MOST = 1024 * 1024  # more than Django takes, so that it says itself what is too much
BODY_SECONDS = 30.0
SENDING_SECONDS = 30.0  # in which a client has to take a piece
BODIES_MOST = 64 * 1024 * 1024  # bytes of all bodies that a process holds

Environ = dict[str, Any]


def _refusal(status: int, *more: tuple[str, str]) -> Answer:
    return Answer(status, [("Cache-Control", "no-store"), ("Content-Length", "0"), *more], b"")


TOO_LARGE, TOO_SLOW = _refusal(413, ("Connection", "close")), _refusal(408, ("Connection", "close"))
TOO_MANY = _refusal(503, ("Retry-After", "1"))
CUT_OFF = _refusal(400, ("Connection", "close"))


class Behind:
    """Answers by Django what the front does not.

    Args:
        threads: in how many it does so.
    """

    def __init__(self, handler: WSGIHandler, threads: int) -> None:
        self._handler = handler
        self._threads = Threads(threads, "django")
        self._held = 0

    def ask(self, environ: Environ) -> HttpResponseBase:
        """Django's answer, in this thread; whoever asks closes it."""
        set_script_prefix("/")
        request_started.send(sender=WSGIHandler, environ=environ)
        return self._handler.get_response(WSGIRequest(environ))

    async def answer(self, scope: Any, protocol: Any) -> None:
        """Read the whole request, let Django answer in a thread when it is its turn, and send that."""
        pieces: list[bytes] = []
        try:
            refusal = await self._read(scope, protocol, pieces)
            found = refusal or await self._in_a_thread(scope, protocol, b"".join(pieces))
            if found is not None:
                found.send(scope, protocol)
        finally:
            self._held -= sum(map(len, pieces))

    def close(self) -> None:
        """End the threads when they are done."""
        self._threads.close()

    async def _read(self, scope: Any, protocol: Any, pieces: list[bytes]) -> Answer | None:
        """Read the body, as fast as it is sent: meanwhile it takes no place. The answer, if it is not to be had.

        Of a client who leaves in the middle, Granian tells no more than that the body has ended.
        """
        if scope.method in ("GET", "HEAD"):
            return None
        length, promised = 0, scope.headers.get("content-length") or ""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for piece in protocol:
                    pieces.append(piece)
                    length += len(piece)
                    self._held += len(piece)
                    if length > BODY_MOST:
                        return TOO_LARGE
                    if self._held > BODIES_MOST:
                        return TOO_MANY
        except TimeoutError:
            return TOO_SLOW
        return CUT_OFF if promised.isdecimal() and length < int(promised) else None

    async def _in_a_thread(self, scope: Any, protocol: Any, body: bytes) -> Answer | None:
        environ = environ_of(scope, body) | {ARRIVED: time.monotonic()}
        answered = partial(self._answered, scope, protocol, environ, asyncio.get_running_loop())
        try:
            return await self._threads.run(forum_named_in(scope.query_string, body), answered)
        except TooMany:
            return TOO_MANY

    def _answered(
        self, scope: Any, protocol: Any, environ: Environ, loop: asyncio.AbstractEventLoop
    ) -> Answer | None:
        """The answer, or None when it has been sent already, piece by piece."""
        response = self.ask(environ)
        try:
            if not response.streaming:
                return answer_of(response)
            if scope.method == "HEAD":
                return Answer(response.status_code, headers_of(response), b"")
            _stream(response, protocol, loop)
            return None
        finally:
            response.close()


def request_of_nobody(path: str, query: str) -> Environ:
    """A request by somebody of whom nothing is known."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        **_of_wsgi("http", b""),
    }


def environ_of(scope: Any, body: bytes) -> Environ:
    """A request as WSGI writes it. Headers with an underscore are left out: they would pass for others."""
    server, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        **_of_wsgi(scope.scheme, body),
    }
    said = _joined(scope.headers.items())
    if "host" not in said and scope.authority:
        said["host"] = scope.authority
    environ["CONTENT_TYPE"] = said.pop("content-type", "")
    said.pop("content-length", None)
    environ["CONTENT_LENGTH"] = str(len(body)) if body else ""
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in said.items()}
    return environ


def _of_wsgi(scheme: str, body: bytes) -> Environ:
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of a header that comes more than once, one line."""
    said: dict[str, str] = {}
    for name, value in headers:
        if "_" not in name:
            between = "; " if name == "cookie" else ","
            said[name] = f"{said[name]}{between}{value}" if name in said else value
    return said


def _stream(response: HttpResponseBase, protocol: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Send piece by piece, no faster than the client takes it; one who leaves, or takes nothing, ends it."""

    async def begin(status: int, headers: Headers) -> Any:
        return protocol.response_stream(status, headers)

    async def send(piece: bytes) -> None:
        async with asyncio.timeout(SENDING_SECONDS):
            await transport.send_bytes(piece)  # what it gives can be waited for, and is no coroutine

    beginning = begin(response.status_code, headers_of(response))
    transport = asyncio.run_coroutine_threadsafe(beginning, loop).result()
    for piece in response:
        asyncio.run_coroutine_threadsafe(send(bytes(piece)), loop).result()
