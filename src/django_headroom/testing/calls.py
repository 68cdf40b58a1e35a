"""Calls that go elsewhere than to a database: to caches and to other hosts, from all threads of the process.

Caches are seen because each is listened to from its making on, as connections are (statements.py); hosts because Python
tells its audit hooks of every connection that it opens.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from functools import wraps
from typing import Any

from django.core.cache import caches

from django_headroom.testing.dumping import Call, place_of_call

OF_CACHES = (
    "get",
    "set",
    "add",
    "touch",
    "delete",
    "incr",
    "decr",
    "get_many",
    "set_many",
    "delete_many",
    "clear",
)
OF_HOSTS = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "http.client.send")

Hear = Callable[[Call], Any]

_hearers: list[Hear] = []
_allowed: list[tuple[str, ...]] = []
_inside = threading.local()


class HostRefused(AssertionError):
    """A call to a host that the run does not list."""


@contextmanager
def hearing(hear: Hear) -> Iterator[None]:
    """Tell each call that begins in a block, when a cache has answered or when a host is turned to."""
    _hearers.append(hear)
    try:
        yield
    finally:
        _hearers.remove(hear)


@contextmanager
def only_hosts(*hosts: str) -> Iterator[None]:
    """For a block: refuse each connection that Python opens, and each name that it looks up, of another host.

    Args:
        hosts: names and addresses, as they are called; ``*`` in them stands for anything. Paths of sockets in the file
            system are no hosts.

    Raises:
        HostRefused: in the middle of the call, so that the traceback has its line.

    >>> with only_hosts("localhost", "127.*"):
    ...     client.get("/")
    """
    addresses = set()
    for host in hosts:
        with suppress(OSError):
            addresses |= {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    _allowed.append((*hosts, *addresses))
    try:
        yield
    finally:
        _allowed.pop()


def _heard(alias: str, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """A cache's calls to itself are parts of one call, and not told."""

    @wraps(call)
    def heard(*positional: Any, **options: Any) -> Any:
        if not _hearers or getattr(_inside, "cache", False):
            return call(*positional, **options)
        began, _inside.cache = time.perf_counter(), True
        try:
            return call(*positional, **options)
        finally:
            _inside.cache = False
            _tell(alias, name, _keys(positional, options), began)

    return heard


def _keys(positional: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """Not what is kept under them, which may be long."""
    keys = positional[0] if positional else next(iter(options.values()), ())
    return (keys,) if isinstance(keys, str) or not hasattr(keys, "__iter__") else tuple(keys)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not (_hearers or _allowed) or event not in OF_HOSTS:
        return
    what, host, port = _HOSTS[event](*arguments)
    if host is None:
        return
    for hosts in _allowed:
        if not any(fnmatch(host, each) for each in hosts):
            raise HostRefused(
                f"A call to {host!r} from {place_of_call()}. This run calls only {', '.join(hosts)}: "
                "put something of the test's own in its place, or list the host."
            )
    if event != "socket.getaddrinfo" and not getattr(_inside, "cache", False):
        _tell(None, what, (host, port))


def _tell(cache: str | None, what: str, values: tuple[Any, ...], began: float | None = None) -> None:
    ms = None if began is None else (time.perf_counter() - began) * 1000
    call = Call(cache, what, values, ms, place_of_call())
    for hear in tuple(_hearers):
        hear(call)


def _of_socket(_socket: Any, address: Any) -> tuple[str, str | None, Any]:
    if not isinstance(address, tuple):
        return "connect", None, None  # a path in the file system
    return "connect", str(address[0]), address[1]


def _of_name(host: Any, port: Any, *_: Any) -> tuple[str, str | None, Any]:
    name = host.decode() if isinstance(host, bytes) else host
    return "look up", name or None, port


def _of_http(connection: Any, sent: Any) -> tuple[str, str | None, Any]:
    """The first thing that is sent is its request line; what follows belongs to it."""
    words = bytes(sent).split(b"\r\n", 1)[0].split(b" ") if isinstance(sent, bytes | bytearray) else []
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        return "", None, None
    return b" ".join(words[:2]).decode(errors="replace"), str(connection.host), connection.port


_HOSTS: dict[str, Callable[..., tuple[str, str | None, Any]]] = {
    "socket.connect": _of_socket,
    "socket.sendto": _of_socket,
    "socket.getaddrinfo": _of_name,
    "http.client.send": _of_http,
}


def _listened_to(make: Callable[[str], Any]) -> Callable[[str], Any]:
    def make_and_listen(alias: str) -> Any:
        cache = make(alias)
        for name in OF_CACHES:
            setattr(cache, name, _heard(alias, name, getattr(cache, name)))
        return cache

    return make_and_listen


# Django says of a new database connection that it is there, of a cache it does not.
caches.create_connection = _listened_to(caches.create_connection)  # type: ignore[method-assign,assignment]
sys.addaudithook(_hear)  # for good: Python has no way to take one away
