"""What a comment is learned by: its words and a few signs, each as a number of 32 bits."""

import struct
from collections.abc import Iterable
from zlib import crc32

from descant.discussion.judging.rules.folding import fold
from descant.discussion.judging.rules.links import hosts_in
from descant.discussion.judging.rules.words import words_of

FEATURES_MOST = 300
ALL = 0  # the number that stands for every comment


def features_of(text: str, *, is_guest: bool) -> dict[int, str]:
    """The features of a comment: their numbers, with how they are shown."""
    shown = [word for word in words_of(fold(text).text) if len(word) > 1]
    hosts = hosts_in(text)
    signs = [f"link to {host}" for host in hosts] or ["no link"]
    signs += ["a guest"] if is_guest else ["an account"]
    signs += ["many links"] if len(hosts) > 2 else []
    named = {crc32(each.encode(errors="replace")) or 1: each for each in [*signs, *shown]}
    return dict(list(named.items())[:FEATURES_MOST])


def packed(features: Iterable[int]) -> bytes:
    """Numbers as they are kept with a lesson."""
    numbers = list(features)
    return struct.pack(f">{len(numbers)}I", *numbers)


def unpacked(kept: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack(">I", kept)]
