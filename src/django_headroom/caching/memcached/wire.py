"""What is said to memcached and what it answers, as bytes: its meta commands, without any socket.

Values bear a mark in their client flags. What lies under our names without it was put there by somebody else, or by an
older form of ours, and is not ours to read.
"""

from math import ceil
from typing import NamedTuple

MARK = 0x48520001
"""Raised when what a value means to this module changes."""

HELLO, EMPTY = b"mn\r\n", b"flush_all\r\n"
LONGEST = 30 * 86_400
"""Seconds; what is longer memcached takes for a date."""

MOST_IN_A_LINE = 2_048
MOST_IN_A_VALUE = 128 * 1024 * 1024
_CODES = frozenset((b"HD", b"EN", b"NS", b"EX", b"NF", b"MN", b"OK", b"SERVER_ERROR"))


class Garbled(Exception):
    """An answer that memcached does not give."""


class Answer(NamedTuple):
    """One answer: its code, and of a value that is held its bytes, its number for compare-and-set and its mark."""

    code: bytes
    value: bytes = b""
    cas: int = 0
    mark: int = 0


def asking(key: bytes) -> bytes:
    """For what is held under a key."""
    return b"mg %b v c f\r\n" % key


def putting(key: bytes, value: bytes, seconds: float, only: bytes = b"") -> bytes:
    """To hold a value.

    Args:
        only: " ME" where nothing is, " C5" where the number is 5.
    """
    lasts = max(1, min(ceil(seconds), LONGEST))
    return b"ms %b %d T%d F%d%b\r\n%b\r\n" % (key, len(value), lasts, MARK, only, value)


def dropping(key: bytes) -> bytes:
    """To hold it no longer."""
    return b"md %b\r\n" % key


def read(heard: bytes | bytearray, at: int) -> tuple[Answer, int] | None:
    """The answer that begins at a place, and where the next one does; None: it is not all there yet.

    Raises:
        Garbled: memcached does not speak so; what follows means nothing.
    """
    end = heard.find(b"\r\n", at, at + MOST_IN_A_LINE)
    if end < 0:
        if len(heard) - at >= MOST_IN_A_LINE:
            raise Garbled(bytes(heard[at : at + 80]))
        return None
    line = bytes(heard[at:end])
    if not line.startswith(b"VA "):
        code = line.partition(b" ")[0]
        if code not in _CODES:
            raise Garbled(line[:80])
        return Answer(code), end + 2
    size, cas, mark = _of_value(line)
    begin, end = end + 2, end + 2 + size
    if len(heard) < end + 2:
        return None
    if heard[end : end + 2] != b"\r\n":
        raise Garbled(line)
    return Answer(b"VA", bytes(heard[begin:end]), cas, mark), end + 2


def _of_value(line: bytes) -> tuple[int, int, int]:
    try:
        _, size, cas, mark = line.split(b" ")
        found = int(size), int(cas[1:]), int(mark[1:])
    except ValueError:
        raise Garbled(line[:80]) from None
    if not 0 <= found[0] <= MOST_IN_A_VALUE or cas[:1] != b"c" or mark[:1] != b"f":
        raise Garbled(line[:80])
    return found
