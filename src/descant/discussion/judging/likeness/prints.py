"""What a text is like, in a few numbers: MinHash over pieces of five letters, in bands.

The share of pieces that two texts have in common is the share of equal numbers in their signatures (Broder, "On the
resemblance and containment of documents", 1997). Signatures are cut into bands, and texts that are alike most likely
have one whole band in common, so that they are found by equality (Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", chapter 3). A simhash of a short text changes too much with one word of it; comments are short.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest

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
        pairs = zip(
            struct.iter_unpack(">H", self.signature), struct.iter_unpack(">H", signature), strict=True
        )
        return sum(mine == other for mine, other in pairs) / (BANDS * ROWS)


def digest_of(text: str) -> int | None:
    """The digest alone, which is sooner made; None of a short text."""
    words = _plain(text)
    return None if len(words) < LETTERS_LEAST else _signed(_number(words))


def print_of(text: str) -> Print:
    """The fingerprint of a text: 0.2 ms for a usual comment."""
    words = _plain(text)
    digest = _signed(_number(words))
    if len(words) < LETTERS_LEAST:
        return Print(digest)
    numbers = {_number(words[at : at + PIECE]) for at in range(len(words) - PIECE + 1)}
    if len(numbers) > PIECES_MOST:
        numbers = set(nsmallest(PIECES_MOST, numbers))
    # A number turned by a mask is another order of all numbers: as good as another hash function, and ten times faster.
    least = [min(map(mask.__xor__, numbers)) & 0xFFFF for mask in _MASKS]
    signature = struct.pack(f">{len(least)}H", *least)
    size = ROWS * 2
    bands = [_number(f"{at}/{signature[at : at + size].hex()}") for at in range(0, len(signature), size)]
    return Print(digest, signature, [_signed(band) for band in bands])


def _plain(text: str) -> str:
    return " ".join(words_of(fold(text).text))


def _number(piece: str) -> int:
    return int.from_bytes(blake2b(piece.encode(errors="replace"), digest_size=8).digest(), "big")


def _signed(number: int) -> int:
    """As a database keeps 64 bits."""
    return number - (1 << 64) if number >> 63 else number
