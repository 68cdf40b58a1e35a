"""Django behind the front: one request at a time in each of a few threads, by its own handler, as under WSGI."""

import asyncio
import io
import sys
import time
from collections.abc import Iterable
from functools import partial
from typing import IO, Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_started
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from descant.api.receiving import BEGUN, GO_ON, longest_body, takes_files
from descant.site.front.bodies import TOO_MANY, Bodies, Body
from descant.site.front.pages import Answer, Headers, answer_of, headers_of
from descant.site.front.waiting import Threads, TooMany, forum_named_in
from django_headroom.operations.performance.middleware import ARRIVED

SENDING_SECONDS = 30.0  # in which a client has to take a piece

Environ = dict[str, Any]


class Behind:
    """Answers by Django what the front does not.

    Args:
        threads: in how many it does so.
    """

    def __init__(self, handler: WSGIHandler, threads: int) -> None:
        self._handler = handler
        self._threads = Threads(threads, "django")
        self._bodies = Bodies(takes_files, self._refused, longest_body())

    def ask(self, environ: Environ) -> HttpResponseBase:
        """Django's answer, in this thread; whoever asks closes it."""
        set_script_prefix("/")
        request_started.send(sender=WSGIHandler, environ=environ)
        return self._handler.get_response(WSGIRequest(environ))

    async def answer(self, scope: Any, protocol: Any) -> None:
        """Read the whole request, let Django answer in a thread when it is its turn, and send that."""
        body = Body()
        try:
            found = await self._bodies.read(scope, protocol, body)
            found = found or await self._in_a_thread(scope, protocol, body)
            if found is not None:
                found.send(scope, protocol)
        finally:
            self._bodies.let_go(body)

    def close(self) -> None:
        """End the threads when they are done."""
        self._threads.close()

    async def _refused(self, scope: Any, body: Body) -> Answer | None:
        """What Django answers to the beginning of a request, if it would not take the rest."""
        environ = environ_of(scope, body) | {BEGUN: True}
        try:
            return await self._threads.run(_forum(scope, body), partial(self._judged, environ))
        except TooMany:
            return TOO_MANY

    def _judged(self, environ: Environ) -> Answer | None:
        response = self.ask(environ)
        try:
            if response.status_code == GO_ON:
                return None
            response.headers["Connection"] = "close"
            return answer_of(response)
        finally:
            response.close()

    async def _in_a_thread(self, scope: Any, protocol: Any, body: Body) -> Answer | None:
        environ = environ_of(scope, body) | {ARRIVED: time.monotonic()}
        answered = partial(self._answered, scope, protocol, environ, asyncio.get_running_loop())
        try:
            return await self._threads.run(_forum(scope, body), answered)
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


def _forum(scope: Any, body: Body) -> str:
    return forum_named_in(scope.query_string, body.head)


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
        **_of_wsgi("http", io.BytesIO()),
    }


def environ_of(scope: Any, body: Body) -> Environ:
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
        **_of_wsgi(scope.scheme, body.opened()),
    }
    said = _joined(scope.headers.items())
    if "host" not in said and scope.authority:
        said["host"] = scope.authority
    environ["CONTENT_TYPE"] = said.pop("content-type", "")
    said.pop("content-length", None)
    environ["CONTENT_LENGTH"] = str(body.length) if body.length else ""
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in said.items()}
    return environ


def _of_wsgi(scheme: str, body: IO[bytes]) -> Environ:
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": body,
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
