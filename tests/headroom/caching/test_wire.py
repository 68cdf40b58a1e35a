"""Whatever comes from a node is an answer, not all there yet, or garbled; nothing else is raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from django_headroom.caching.memcached.wire import Answer, Garbled, read

ANSWERS = [
    (b"EN\r\n", Answer(b"EN")),
    (b"HD\r\n", Answer(b"HD")),
    (b"VA 0 c1 f2\r\n\r\n", Answer(b"VA", b"", 1, 2)),
    (
        b"VA 6 c18446744073709551615 f4294967295\r\n\r\nEN\r\n\r\n",
        Answer(b"VA", b"\r\nEN\r\n", 2**64 - 1, 2**32 - 1),
    ),
    (b"SERVER_ERROR object too large for cache\r\n", Answer(b"SERVER_ERROR")),
]


@given(some.lists(some.sampled_from(ANSWERS), max_size=6), some.data())
def test_answers_are_read_however_they_come_in_pieces(
    said: list[tuple[bytes, Answer]], data: some.DataObject
) -> None:
    wire = b"".join(words for words, _ in said)
    heard, at, found = bytearray(), 0, []
    while len(heard) < len(wire):
        heard += wire[len(heard) : len(heard) + data.draw(some.integers(1, 9))]
        while answer := read(heard, at):
            found.append(answer[0])
            at = answer[1]
    assert found == [answer for _, answer in said]


@given(some.binary(max_size=200), some.sampled_from([b"", b"VA ", b"VA 3 c1 f1\r\n", b"HD", b"VALUE "]))
def test_noise_is_garbled_or_not_all_there_or_an_answer(noise: bytes, begin: bytes) -> None:
    try:
        found = read(begin + noise, 0)
    except Garbled:
        return
    assert found is None or isinstance(found[0], Answer)


@pytest.mark.parametrize(
    "words",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"ERROR\r\n",
        b"CLIENT_ERROR bad data chunk\r\n",
        b"VA x c1 f1\r\n",
        b"VA -1 c1 f1\r\n",
        b"VA 99999999999 c1 f1\r\n",
        b"VA 1 f1 c1\r\n",
        b"VA 1\r\n",
        b"VA 1 c1 f1\r\nabc",
        b"x" * 5_000,
    ],
)
def test_what_memcached_does_not_say_is_garbled(words: bytes) -> None:
    with pytest.raises(Garbled):
        read(words, 0)
