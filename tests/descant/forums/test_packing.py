"""Pieces are packed into one answer that any browser unpacks; what many answers have in common is packed once."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from descant.forums.caches.packing import Constant, _blocks_of_constant, gzipped

PIECE = st.binary(max_size=2_000) | st.text(max_size=400).map(lambda text: (text * 20).encode())


@given(st.lists(st.tuples(st.booleans(), PIECE), max_size=8))
def test_pieces_are_unpacked_as_one(pieces: list[tuple[bool, bytes]]) -> None:
    packed = gzipped([Constant(piece) if is_constant else piece for is_constant, piece in pieces])
    assert gzip.decompress(packed) == b"".join(piece for _, piece in pieces)


def test_the_same_is_packed_in_the_same_way() -> None:
    assert gzipped([Constant(b"Rye. " * 100), b"Wheat."]) == gzipped([Constant(b"Rye. " * 100), b"Wheat."])


def test_what_is_constant_is_packed_once() -> None:
    style = Constant(b"html { color: black } " * 30)
    gzipped([style])
    before = _blocks_of_constant.cache_info()
    for number in range(10):
        gzipped([b"page %d" % number, style])
    after = _blocks_of_constant.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (0, 10)
