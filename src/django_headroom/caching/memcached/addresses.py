"""The nodes as a project writes them: ``name=host:port*weight``, of which only the place is needed."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

PORT = 11211
CURE = (
    "write HOST:PORT or /path/of/a/socket, before it NAME= if it may move, behind it *WEIGHT if nodes differ"
)


class WrongAddress(ValueError):
    """A node that is written so that nobody could find it."""


@dataclass(frozen=True, order=True)
class Address:
    """One node: keys follow its name, which may stay while its place changes."""

    name: str
    place: str
    weight: float = 1.0

    def found(self) -> tuple[int, object]:
        """The family of its socket, and where that leads; a name of a machine is looked up.

        Raises:
            OSError: nobody knows the name.
        """
        if self.place.startswith("/"):
            return socket.AF_UNIX, self.place
        host, port = _split(self.place)
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return family, place

    def is_a_name(self) -> bool:
        """Whether somebody else must be asked where it is."""
        if self.place.startswith("/"):
            return False
        try:
            ip_address(_split(self.place)[0])
        except ValueError:
            return True
        return False


def addresses(written: Iterable[str]) -> tuple[Address, ...]:
    """The nodes in the order of their names, each once.

    Raises:
        WrongAddress: what is wrong with one, and what to write.

    >>> addresses(["b=10.0.0.6:11211*2", "10.0.0.5"])
    (Address(name='10.0.0.5:11211', place='10.0.0.5:11211', weight=1.0), Address(name='b', place=…, weight=2.0))
    """
    found: dict[str, Address] = {}
    for address in map(_read, written):
        if found.setdefault(address.name, address) != address:
            raise WrongAddress(f"{address.name!r} is the name of two nodes: give each its own.")
    return tuple(sorted(found.values()))


def _read(written: str) -> Address:
    named, is_named, rest = written.strip().rpartition("=")
    place, is_weighed, weight = rest.partition("*")
    try:
        weighs = float(weight) if is_weighed else 1.0
        if not place.startswith("/"):
            host, port = _split(place)
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    except ValueError:
        raise WrongAddress(f"{written!r} leads to no cache server: {CURE}.") from None
    if not 0 < weighs < float("inf") or (is_named and not named):
        raise WrongAddress(f"{written!r} leads to no cache server: {CURE}.")
    return Address(named or place, place, weighs)


def _split(place: str) -> tuple[str, int]:
    if place.startswith("["):  # an address of IPv6
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    number = int(port or PORT)
    if not host or any(each.isspace() for each in host) or not 0 < number < 65_536:
        raise ValueError(place)
    return host, number
