"""What a text is like, in a few numbers: MinHash over pieces of five letters, in bands.

The share of pieces that two texts have in common is the share of equal numbers in their signatures (Broder, "On the
resemblance and containment of documents", 1997). Signatures are cut into bands, and texts that are alike most likely
have one whole band in common, so that they are found by equality (Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", chapter 3). A simhash of a short text changes too much with one word of it; comments are short.
"""

import struct
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from heapq import nsmallest
from operator import eq

from descant.discussion.judging.rules.folding import fold
from descant.discussion.judging.rules.words import words_of

PIECE = 5
PIECES_MOST = (
    500  # of a longer text those with the lowest numbers: a fair choice, and the same for texts alike
)
LETTERS_LEAST = 24  # what is shorter, many people say in the same words
BANDS, ROWS = 5, 4
ALIKE = 0.6

_MASKS = [
    int.from_bytes(blake2b(bytes([number]), digest_size=8).digest(), "big") for number in range(BANDS * ROWS)
]


@dataclass(frozen=True)
class Print:
    """A text's digest, which equal texts share, its signature, and the bands it is found by; short texts have none."""

    digest: int
    signature: bytes = b""
    bands: Sequence[int] = ()

    def likeness(self, signature: bytes) -> float:
        """The share of what two texts have in common, as far as their signatures tell."""
        if not self.signature or len(signature) != len(self.signature):
            return 0.0
        pairs = map(eq, memoryview(self.signature).cast("H"), memoryview(signature).cast("H"))
        return sum(pairs) / (BANDS * ROWS)


def digest_of(text: str) -> int | None:
    """The digest alone, which is sooner made; None of a short text."""
    words = _plain(text)
    return None if len(words) < LETTERS_LEAST else _signed(_number(words))


def print_of(text: str) -> Print:
    """The fingerprint of a text: 0.1 ms for a usual comment."""
    words = _plain(text)
    digest = _signed(_number(words))
    if len(words) < LETTERS_LEAST:
        return Print(digest)
    pieces = {words[at : at + PIECE] for at in range(len(words) - PIECE + 1)}
    numbers = nsmallest(PIECES_MOST, set(map(_number_of_piece, pieces)))
    # A number turned by a mask is another order of all numbers: as good as another hash function, and ten times faster.
    least = [least_turned(numbers, mask) & 0xFFFF for mask in _MASKS]
    signature = struct.pack(f">{len(least)}H", *least)
    size = ROWS * 2
    bands = [_number(f"{at}/{signature[at : at + size].hex()}") for at in range(0, len(signature), size)]
    return Print(digest, signature, [_signed(band) for band in bands])


def least_turned(numbers: Sequence[int], mask: int) -> int:
    """The least of ``number ^ mask``; of sorted numbers, so that each bit in which they differ leaves fewer of them."""
    low, high = 0, len(numbers)
    while high - low > 1:
        bit = (numbers[low] ^ numbers[high - 1]).bit_length() - 1
        middle = bisect_left(numbers, numbers[high - 1] >> bit << bit, low, high)
        if mask >> bit & 1:
            low = middle
        else:
            high = middle
    return numbers[low] ^ mask


@lru_cache(maxsize=1 << 15)
def _number_of_piece(piece: str) -> int:
    """People write the same five letters again and again."""
    return _number(piece)


def _plain(text: str) -> str:
    return " ".join(words_of(fold(text).text))


def _number(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode(errors="replace"), digest_size=8).digest(), "big")


def _signed(number: int) -> int:
    """As a database keeps 64 bits."""
    return number - (1 << 64) if number >> 63 else number
