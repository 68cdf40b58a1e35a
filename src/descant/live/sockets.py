"""Who does not take what was sent to her: Linux knows it of each connection, and the server does not say it."""

import contextlib
import os
import socket
from collections.abc import Collection, Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_WORD = 8  # hexadecimal digits, in the machine's own order of bytes


class Line(NamedTuple):
    """A connection: how many bytes wait to be taken, and the kernel's number of the socket."""

    waiting: int
    inode: int


def lines_to(clients: Collection[str]) -> dict[str, Line]:
    """The connections to some clients, each ``address:port``; one of which the kernel knows nothing is left out."""
    wanted = {_normal(client): client for client in clients}
    ports = {int(client.rpartition(":")[2]) for client in clients}
    found = {}
    for far, line in _connections(ports):
        if far in wanted:
            found[wanted[far]] = line
    return found


def cut(inodes: Collection[int]) -> int:
    """Break connections of this process, whatever still waits in them; gives how many."""
    done = 0
    for name in os.listdir("/proc/self/fd") if inodes else ():
        with contextlib.suppress(OSError):
            if os.fstat(int(name)).st_ino not in inodes:
                continue
            with socket.socket(fileno=os.dup(int(name))) as line:
                # It may have become another's since it was looked at.
                if os.fstat(line.fileno()).st_ino in inodes:
                    line.shutdown(socket.SHUT_RDWR)
                    done += 1
    return done


def _connections(ports: Collection[int]) -> Iterator[tuple[tuple[str, int], Line]]:
    for table in TABLES:
        with contextlib.suppress(OSError):
            for row in table.read_text().splitlines()[1:]:
                parts = row.split()
                address, _, port = parts[2].partition(":")
                if int(port, 16) in ports:
                    waiting = int(parts[4].partition(":")[0], 16)
                    yield (_address(address), int(port, 16)), Line(waiting, int(parts[9]))


def _address(written: str) -> str:
    words = [written[at : at + _WORD] for at in range(0, len(written), _WORD)]
    return _plain(ip_address(b"".join(bytes.fromhex(word)[::-1] for word in words)))


def _normal(client: str) -> tuple[str, int]:
    address, _, port = client.rpartition(":")
    return _plain(ip_address(address.strip("[]"))), int(port)


def _plain(address: object) -> str:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
