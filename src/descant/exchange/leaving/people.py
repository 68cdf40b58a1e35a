"""Which accounts a file must introduce before rows that name them."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from descant.accounts.models import User
from descant.exchange.native import PEOPLE, VOICES, Kind
from descant.forums.models import Ban


class Introduced:
    """The accounts that stand in a file already."""

    def __init__(self) -> None:
        # A database without a name is SQLite's own temporary file, so that millions of authors need no memory.
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY)")

    def close(self) -> None:
        self._seen.close()

    def by(self, kind: Kind, chunk: Iterable[Any]) -> Sequence[User]:
        """Of whom these rows are the first to speak: by number and by what others read, no more."""
        fresh = [pk for pk in sorted(_named(kind, chunk)) if self._is_new(pk)]
        chosen = User.objects.using("default").filter(pk__in=fresh)
        return list(chosen.only("name", "username")) if fresh else ()

    def _is_new(self, pk: int) -> bool:
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (pk,)).rowcount > 0


def _named(kind: Kind, chunk: Iterable[Any]) -> set[int]:
    found: set[int] = set()
    for row in chunk:
        found |= {getattr(row, column) for column in PEOPLE & {*kind.columns}} - {None}
        voices = (getattr(row, column) for column in VOICES & {*kind.columns})
        found |= {int(voice[1:]) for voice in voices if voice.startswith("u")}
        if kind.model is Ban and row.kind == Ban.Kind.ACCOUNT:
            found.add(int(row.value))
    return found
