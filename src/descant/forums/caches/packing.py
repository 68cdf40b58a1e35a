"""Packing answers as gzip; what many of them have in common is packed once, and better than the rest."""

import struct
from collections.abc import Sequence
from functools import lru_cache

from zlib_ng import zlib_ng

LEVEL = 4  # 5 takes a tenth more time, for seven bytes in a thousand
LEVEL_OF_CONSTANTS = 9
CONSTANTS_KEPT = 2_048
SHORT = 320  # bytes; to begin a packer takes as long as it takes to pack ten times as many
LONG = 4_000  # bytes; a shorter piece is not worth to be compared with what stands before it
_WINDOW = 32_768
_RAW = -15  # deflate without a head of its own
# Without a name or a time, so that the same is packed in the same way.
_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_LAST = b"\x03\0"  # a last block, with nothing in it


class Constant(bytes):
    """A stretch that many answers have in common."""


def gzipped(pieces: Sequence[bytes]) -> bytes:
    """Packed as one: each piece is a row of blocks, which end with a whole byte and so may stand behind any others."""
    packed, check, length = [_HEAD], 0, 0
    for number, piece in enumerate(pieces):
        if type(piece) is Constant:
            packed.append(_blocks_of_constant(piece))
        elif len(piece) < SHORT:
            packed.append(_stored(piece))
        else:
            before = b"".join(pieces[:number])[-_WINDOW:] if len(piece) >= LONG else b""
            packed.append(_blocks(piece, LEVEL, before))
        check = zlib_ng.crc32(piece, check)
        length += len(piece)
    return b"".join([*packed, _LAST, struct.pack("<II", check, length & 0xFFFFFFFF)])


@lru_cache(maxsize=CONSTANTS_KEPT)
def _blocks_of_constant(piece: Constant) -> bytes:
    return _blocks(piece, LEVEL_OF_CONSTANTS)


def _stored(piece: bytes) -> bytes:
    """A block as it is."""
    return struct.pack("<BHH", 0, len(piece), ~len(piece) & 0xFFFF) + piece


def _blocks(piece: bytes, level: int, before: bytes = b"") -> bytes:
    packer = zlib_ng.compressobj(level, zlib_ng.DEFLATED, _RAW, zdict=before)
    return packer.compress(piece) + packer.flush(zlib_ng.Z_SYNC_FLUSH)
