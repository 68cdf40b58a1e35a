"""The port that Prometheus asks: for this machine or for who has the token, and for nothing but ``/metrics``."""

import hmac
import ipaddress
import socket
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.exceptions import ImproperlyConfigured
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.registry import Collector

PATH = "/metrics"
PATIENCE = 10.0  # seconds, for who does not say what she wants
TOKEN_LEAST = 16

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _ServerOfSix(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE

    def log_message(self, format: str, *given: object) -> None:
        """Who asks every few seconds is no news."""


def listening(place: str, token: str, collectors: Iterable[Collector]) -> WSGIServer:
    """A server at a place; it answers while its ``serve_forever()`` runs.

    Args:
        place: "127.0.0.1:9464".
        token: asked for as ``Authorization: Bearer …``; none is needed on an address of this machine alone.

    Raises:
        ImproperlyConfigured: the place is none, or others could read it without a token.
        OSError: somebody else listens there.
    """
    host, _, port = place.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal():
        raise ImproperlyConfigured(
            f"{place!r} is no place to listen: write HOST:PORT, such as 127.0.0.1:9464."
        )
    if not _is_this_machine(host) and len(token) < TOKEN_LEAST:
        raise ImproperlyConfigured(
            f"Others could read what is told at {place}: give it a token of {TOKEN_LEAST} characters or more."
        )
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    application = _guarded(make_wsgi_app(registry), token)
    server = _ServerOfSix if ":" in host else _Server
    return make_server(host, int(port), application, server_class=server, handler_class=_Handler)


def _guarded(application: Application, token: str) -> Application:
    """An application that is there at ``/metrics`` only, and for who has the token only."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        said = environ.get("HTTP_AUTHORIZATION", "").encode()
        if token and not hmac.compare_digest(said, f"Bearer {token}".encode()):
            start_response("401 Unauthorized", [("WWW-Authenticate", "Bearer"), ("Content-Length", "0")])
            return []
        if environ["PATH_INFO"] != PATH:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        return application(environ, start_response)

    return answer


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
