"""The one way out to machines of others: HTTP within bounds of time and size, to public addresses only.

A name is resolved once, each of its addresses is looked at, and the connection goes to an address that was looked at: a
name that is given another address in between leads nowhere. Redirects are not followed: they are answers like others.
"""

import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

PORTS = {"http": 80, "https": 443}
# A name or an address: not the path of a socket, nothing escaped, nothing that another parser cuts elsewhere.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+(%[a-z0-9]+)?")
# Addresses that hold another one, which is where a gateway would lead.
_NAT64 = ip_network("64:ff9b::/96")
_IPV6_IN_USE = ip_network("2000::/3")
# Public by their numbers and yet nobody's site: protocols, tunnels, documentation, the metadata of a cloud.
_NOBODYS = [
    ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2002::/16", "3fff::/20")
]


class EgressRefused(Exception):
    """An address that is never asked; trying again is no use."""


class EgressFailed(Exception):
    """No answer, or none in time; it may be there later."""


@dataclass(frozen=True)
class Answer:
    """What came back: read whole, not more than the bound."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bounds:
    """What one question may cost, and where it may lead.

    Args:
        seconds: for all of it, from the look-up of the name to the last byte.
        most: bytes of the answer.
        inside: whether the operator has named this very URL, so that it may lead into our own network.
    """

    seconds: float = 5.0
    most: int = 1 << 20
    inside: bool = False


def ask(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    bounds: Bounds = Bounds(),
) -> Answer:
    """Ask a machine outside: GET, or POST where there is a body.

    Args:
        url: ``http`` or ``https``, on its usual port, of a public address; DESCANT_EGRESS_ALLOWED names exceptions.

    Returns:
        The answer, whatever its status.

    Raises:
        EgressRefused, EgressFailed

    >>> ask("https://judge.example/", body=b"{}").status
    200
    """
    running = _Running(bounds, time.monotonic() + bounds.seconds)
    parts = _checked(url, running)
    try:
        return _exchange(parts, body, dict(headers or {}), running)
    except (OSError, HTTPException, ValueError) as error:
        raise EgressFailed(f"{parts.hostname} gave no answer: {error or type(error).__name__}") from error


def check(url: str) -> None:
    """Whether a URL could be asked, as it is written; where its name leads is looked at when it is.

    Raises:
        EgressRefused
    """
    _checked(url, _Running(Bounds(), 0.0))


def is_named(url: str) -> bool:
    """Whether the operator has named the host and port of a URL, so that it may lead into our own network."""
    parts = _checked(url, _Running(Bounds(), 0.0))
    return _Running(Bounds(), 0.0).allows(parts)


@dataclass(frozen=True)
class _Running:
    """A question on its way."""

    bounds: Bounds
    until: float

    def allows(self, parts: SplitResult) -> bool:
        """Whether the operator has named this very host and port, as one of her own network."""
        if self.bounds.inside:
            return True
        return f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}" in settings.DESCANT_EGRESS_ALLOWED

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left


def _checked(url: str, running: _Running) -> SplitResult:
    """The parts of a URL, its host in ASCII as it will be looked up."""
    if any(letter <= " " or letter in "\x7f\\" for letter in url):
        raise EgressRefused(f"An address has no blanks and no control characters: {url[:100]!r}")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:  # UnicodeError is one
        raise EgressRefused(f"This is no address: {url[:100]!r}") from error
    if parts.scheme not in PORTS or "@" in parts.netloc or not _HOST.fullmatch(host):
        raise EgressRefused(f"Only http and https are spoken, without names and passwords: {url[:100]!r}")
    if port not in (None, PORTS[parts.scheme]) and not running.allows(parts):
        raise EgressRefused(f"Only the ports 80 and 443 are asked: {url[:100]!r}")
    if host != parts.hostname:
        parts = parts._replace(netloc=host + (f":{port}" if port else ""))
    return parts


def _exchange(parts: SplitResult, body: bytes | None, headers: dict[str, str], running: _Running) -> Answer:
    host = str(parts.hostname)
    with _connected(parts, host, running) as timed:
        connection = HTTPConnection(host, parts.port or PORTS[parts.scheme])
        connection.sock = timed
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            "Host": parts.netloc,
            "User-Agent": "Descant",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        connection.request("GET" if body is None else "POST", path, body=body, headers=sent)
        response = connection.getresponse()
        return Answer(response.status, _whole(response, running), _lowered(response))


def _whole(response: HTTPResponse, running: _Running) -> bytes:
    body = response.read(running.bounds.most + 1)
    if len(body) > running.bounds.most:
        raise ValueError(f"the answer has more than {running.bounds.most} bytes")
    return body


def _lowered(response: HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _connected(parts: SplitResult, host: str, running: _Running) -> "_Timed":
    """A connection to one of the addresses that were looked at, and no other."""
    failure: OSError = OSError("it has no address")
    for family, place in _addresses(parts, host, running):
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(running.left())
            plain.connect(place)
            if parts.scheme == "https":
                plain.settimeout(running.left())
                return _Timed(ssl.create_default_context().wrap_socket(plain, server_hostname=host), running)
            return _Timed(plain, running)
        except OSError as error:
            plain.close()
            failure = error
    raise failure


def _addresses(parts: SplitResult, host: str, running: _Running) -> list[tuple[socket.AddressFamily, Any]]:
    found = _resolved(host, parts.port or PORTS[parts.scheme], running)
    if not running.allows(parts):
        for _family, place in found:
            if not is_public(place[0]):
                raise EgressRefused(f"{host} is not on the public network, so it is not asked.")
    return found


def is_public(address: str) -> bool:
    """Whether an address is one of the public network, and holds none that is not."""
    host = ip_address(address.partition("%")[0])
    if isinstance(host, IPv6Address):
        within = IPv4Address(int(host) & 0xFFFFFFFF) if host in _NAT64 else host.ipv4_mapped
        if within is not None:
            return is_public(str(within))
        if host not in _IPV6_IN_USE:
            return False
    if any(host in network for network in _NOBODYS):
        return False
    return host.is_global and not host.is_multicast and not host.is_reserved


def _resolved(host: str, port: int, running: _Running) -> list[tuple[socket.AddressFamily, Any]]:
    """Names are looked up aside, for nothing else ends a resolver that hangs."""
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.append(error)

    looking = threading.Thread(target=look_up, daemon=True, name="egress-names")
    looking.start()
    looking.join(running.left())
    if not found:
        raise TimeoutError("its name was not found in time")
    if isinstance(found[0], Exception):
        raise OSError(f"its name is not known ({getattr(found[0], 'strerror', None) or found[0]})")
    return [(family, place) for family, _type, _protocol, _name, place in found[0]]


class _Timed:
    """A socket as ``http.client`` wants it, each of whose waits ends when the whole is to end.

    A time-out of the socket's own begins anew with each byte: an answer that drips would never end.
    """

    def __init__(self, plain: socket.socket, running: _Running) -> None:
        self.plain, self.running = plain, running

    def __enter__(self) -> "_Timed":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.plain.close()

    def sendall(self, sent: Any) -> None:
        self.plain.settimeout(self.running.left())
        self.plain.sendall(sent)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        pass  # with the block: the answer is read after http.client has let go of it


class _Reading(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self.timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.timed.plain.settimeout(self.timed.running.left())
        return self.timed.plain.recv_into(buffer)
