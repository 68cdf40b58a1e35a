"""What is made up as it is written: values for SQLite, and the bytes of PostgreSQL's binary COPY, without objects."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import models

from descant.discussion import text
from descant.discussion.addressing.addresses import digest
from descant.discussion.judging.scoring import score
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.tree.paths import WIDTH
from descant.operate.like_talk.sizes import scattered
from descant.operate.like_talk.stream import Line, Opened
from descant.operate.seeding import NAMES, WORDS
from django_headroom import ids

TEXTS, VOTES, ORIGINS = 4_096, 1_024, 2_048
GUESTS_OF_8 = 3
# In the order in which they are written; all other columns of a comment come after these, with their defaults.
OWN = (
    "id forum_id thread_id version created_at ups downs score level replies"
    " parent_id author_id guest author_name path origin origin_range text html"
).split()
_HEAD = struct.Struct(">h iq iq iq iq iq ii ii id ih ii")
_BIGINT, _LENGTH = struct.Struct(">iq"), struct.Struct(">i")
_NULL = _LENGTH.pack(-1)
BEGIN_COPY, END_COPY = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_TO_2000 = 946_684_800_000_000  # microseconds, from which PostgreSQL counts
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


class Voices:
    """Who says what: a few thousand texts, votes and origins, and any number of people, drawn by a comment's number."""

    def __init__(self, users: range) -> None:
        dice = Random(1)
        self.users = users
        self.texts = [_text(dice) for _ in range(TEXTS)]
        self.votes = [_votes(dice) for _ in range(VOTES)]
        self.origins = [
            (f"{dice.getrandbits(160):040x}", f"{dice.getrandbits(160):040x}") for _ in range(ORIGINS)
        ]

    def author(self, chance: int) -> tuple[int | None, str, str]:
        """The account, guest and name of who speaks: some speak often, most seldom."""
        drawn = (chance & 0xFFFFFFFF) / 0x100000000
        number = int(len(self.users) * drawn * drawn)
        if chance >> 32 & 7 < GUESTS_OF_8:
            return None, f"g{number:039x}", NAMES[number % len(NAMES)]
        return self.users[number], "", name_of(number)


def name_of(number: int) -> str:
    """What others read of the n-th account."""
    return f"{NAMES[number % len(NAMES)]} {number}"


def moment_of(microseconds: int) -> datetime:
    """A time as the databases' drivers take it."""
    return _1970 + timedelta(microseconds=microseconds)


def thread_rows(opened: Iterable[Opened]) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
    """The columns of threads, and their rows: their numbers are those that they have in the end."""
    every = {field.attname: field.get_default() for field in Thread._meta.concrete_fields}
    own = (
        {
            "id": thread.id,
            "forum_id": thread.home.id,
            "title": f"Article {thread.number} of forum {thread.home.number}",
            "url": _address(thread),
            "version": thread.comments,
            "comments_shown": thread.comments,
            "created_at": moment_of(thread.moment),
        }
        for thread in opened
    )
    return list(every), (tuple((every | each).values()) for each in own)


def address_rows(alias: str, opened: Sequence[Opened]) -> tuple[Sequence[str], Iterator[tuple[Any, ...]]]:
    """The same of the URLs by which threads are found."""
    kind = ThreadAddress.Kind.URL.value
    keys = ids.take(alias, ThreadAddress, len(opened))
    rows = (
        (key, thread.home.id, thread.id, kind, url := _address(thread), digest(kind, url))
        for key, thread in zip(keys, opened, strict=True)
    )
    return ["id", "forum_id", "thread_id", "kind", "value", "digest"], rows


def _address(thread: Opened) -> str:
    return f"https://talk-{thread.home.number}.example/{thread.number}"


def columns() -> Sequence[str]:
    """The columns of a comment in the order in which they are written."""
    return [*OWN, *_others()]


def as_values(lines: Iterable[Line], voices: Voices) -> Iterator[tuple[Any, ...]]:
    """A tuple for each line."""
    rest = tuple(_others().values())
    for line in lines:
        chance = scattered(line.id)
        ups, downs, worth = voices.votes[chance >> 36 & VOTES - 1]
        said, html = voices.texts[chance >> 46 & TEXTS - 1]
        yield (
            line.id, line.forum_id, line.thread_id, line.version, moment_of(line.moment), ups, downs, worth,
            len(line.path) // WIDTH - 1, line.replies, line.parent_id, *voices.author(chance), line.path,
            *voices.origins[chance & ORIGINS - 1], said, html, *rest,
        )  # fmt: skip


class Binary:
    """Lines as the bytes of a binary COPY; all that repeats is made once."""

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self._texts = [b"".join(map(_field, pair)) for pair in voices.texts]
        self._origins = [b"".join(map(_field, pair)) for pair in voices.origins]
        self._rest = b"".join(_default(name, value) for name, value in _others().items())
        self._count = len(columns())

    def of(self, lines: Iterable[Line]) -> bytes:
        voices, texts, origins = self._voices, self._texts, self._origins
        parts = [BEGIN_COPY]
        for line in lines:
            key, path = line.id, line.path
            chance = scattered(key)
            ups, downs, worth = voices.votes[chance >> 36 & VOTES - 1]
            author_id, guest, name = voices.author(chance)
            parts += (
                _HEAD.pack(
                    self._count, 8, key, 8, line.forum_id, 8, line.thread_id, 8, line.version,
                    8, line.moment - _TO_2000, 4, ups, 4, downs, 8, worth,
                    2, len(path) // WIDTH - 1, 4, line.replies,
                ),
                _NULL if line.parent_id is None else _BIGINT.pack(8, line.parent_id),
                _NULL if author_id is None else _BIGINT.pack(8, author_id),
                _field(guest), _field(name), _LENGTH.pack(len(path)), path,
                origins[chance & ORIGINS - 1], texts[chance >> 46 & TEXTS - 1], self._rest,
            )  # fmt: skip
        parts.append(END_COPY)
        return b"".join(parts)


def _others() -> dict[str, Any]:
    """The columns that are alike in all rows, by name."""
    fields = {field.attname: field.get_default() for field in Comment._meta.concrete_fields}
    fields["html_version"] = text.RULES_VERSION
    return {name: value for name, value in fields.items() if name not in OWN}


def _field(value: str) -> bytes:
    written = value.encode()
    return _LENGTH.pack(len(written)) + written


def _default(name: str, value: Any) -> bytes:
    """A value as PostgreSQL sends it, by the type of its column."""
    field = Comment._meta.get_field(name)
    if value is None:
        return _NULL
    if isinstance(field, models.JSONField):
        return _field("\x01[]")
    if isinstance(value, bool):
        return _LENGTH.pack(1) + bytes([value])
    if isinstance(value, int):
        size = {"PositiveSmallIntegerField": 2, "SmallIntegerField": 2, "BigIntegerField": 8}.get(
            field.get_internal_type(), 4
        )
        return _LENGTH.pack(size) + value.to_bytes(size, "big")
    return _field(value)


def _text(dice: Random) -> tuple[str, str]:
    words = dice.choices(WORDS, k=min(200, max(3, int(dice.lognormvariate(3, 0.8)))))
    said = " ".join(words).capitalize() + "."
    return said, f"<p>{said}</p>\n"


def _votes(dice: Random) -> tuple[int, int, float]:
    ups = min(5_000, int(dice.paretovariate(1.2)) - 1) if dice.random() < 0.6 else 0
    downs = dice.randint(0, 1 + ups // 5)
    return ups, downs, score(ups, downs)
