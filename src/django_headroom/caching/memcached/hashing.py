"""Which node a key belongs to, and which when that is away: rendezvous hashing by the names of the nodes.

Each key falls into one of 65,536 slots, and each slot ranks the nodes: whoever draws the shortest straw comes first. A
straw is drawn from the slot and the node's name alone, so what others are there changes nothing between any two.
(Thaler and Ravishankar, 1998; weights as in "Weighted Distributed Hash Tables", Schindelhauer and Schomaker, 2005.)

In any language: slot = CRC-32 of the key's UTF-8, modulo 65,536; u = (the first 8 bytes of SHA-256 of ``NAME/SLOT``,
read big-endian, + ½) / 2⁶⁴; the straw is −ln(u) / weight; ties go to the lesser name.
"""

from collections.abc import Mapping
from hashlib import sha256
from math import log
from zlib import crc32

SLOTS = 65_536
MOST = 255


class Ranking:
    """The order of the nodes for each key, drawn when it is first asked for and kept.

    >>> Ranking({"a": 1.0, "b": 2.0}).order("page:7")
    ['b', 'a']
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        if len(weights) > MOST:
            raise ValueError(f"{len(weights)} nodes: there may be {MOST}.")
        self.names = sorted(weights)
        self._weights = [weights[name] for name in self.names]
        self._ranked: list[bytes | None] = [None] * SLOTS

    def places(self, key: bytes) -> bytes:
        """The nodes for a key, each as its place in ``names``, the first one first."""
        slot = crc32(key) % SLOTS
        ranked = self._ranked[slot]
        if ranked is None:
            ranked = self._ranked[slot] = self._draw(slot)
        return ranked

    def order(self, key: str) -> list[str]:
        """The names of the nodes for a key."""
        return [self.names[place] for place in self.places(key.encode())]

    def _draw(self, slot: int) -> bytes:
        straws = [_straw(name, slot) / weight for name, weight in zip(self.names, self._weights, strict=True)]
        return bytes(sorted(range(len(straws)), key=straws.__getitem__))


def _straw(name: str, slot: int) -> float:
    digest = sha256(f"{name}/{slot}".encode(errors="surrogatepass")).digest()
    return -log((int.from_bytes(digest[:8]) + 0.5) / 2.0**64)
