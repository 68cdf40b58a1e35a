"""Writes our own format, which keeps all: a line of JSON for each row, the first says what it is, the last how many."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from django.db import models

from descant import __version__
from descant.discussion.judging.pacing import keyed
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.exchange.leaving.people import Introduced
from descant.exchange.leaving.walking import CHUNK, rows
from descant.exchange.leaving.wanted import Wanted
from descant.exchange.leaving.withdrawn import leave_words_behind
from descant.exchange.native import (
    FORMAT,
    OF_FORUM,
    SAID,
    VERSION,
    Kind,
    settings_of,
)
from descant.forums.models import Ban, Rule, RuleVersion

ENDING = "native.jsonl"
PERSONAL_BANS = (Ban.Kind.EMAIL, Ban.Kind.ADDRESS)


def write(wanted: Wanted) -> Iterator[str]:
    """The text of the file, a chunk of rows at a time."""
    writing = _Writing(wanted)
    yield writing.head()
    for name, kind in OF_FORUM.items():
        for chunk in of_forum(wanted, kind):
            yield writing.lines(name, kind, chunk)
    for name, kind in SAID.items():
        for chunk in rows(wanted.alias, wanted.forum, kind.model):
            leave_words_behind(wanted.alias, chunk)
            yield writing.lines(name, kind, chunk)
            wanted.count(len(chunk) if kind.model in (Thread, Comment) else 0)
    yield _line("end", {"rows": writing.count})
    writing.close()


class _Writing:
    """One file: how many rows of each kind it has, and which accounts stand in it already."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.count: Counter[str] = Counter()
        self._introduced = Introduced()

    def close(self) -> None:
        self._introduced.close()

    def head(self) -> str:
        forum = self.wanted.forum
        said = {
            "format": FORMAT,
            "version": VERSION,
            "program": __version__,
            "site": keyed("native/site"),
            "forum": forum.name,
            "personal": self.wanted.personal,
            "settings": settings_of(forum),
        }
        return _line("descant", said)

    def lines(self, name: str, kind: Kind, chunk: Sequence[models.Model]) -> str:
        """The rows of a chunk, after the accounts of whom they are the first to speak."""
        columns = kind.columns + (kind.personal if self.wanted.personal else ())
        addresses = self._addresses(chunk) if kind.model is Thread else {}
        self.count[name] += len(chunk)
        written = [self._people(kind, chunk)]
        for row in chunk:
            values = {column: getattr(row, column) for column in columns}
            if kind.model in (Rule, RuleVersion):
                values["said"] = {key: each for key, each in values["said"].items() if key != "secret"}
            if addresses or kind.model is Thread:
                values["addresses"] = addresses.get(row.pk, [])
            written.append(_line(name, values))
        return "".join(written)

    def _people(self, kind: Kind, chunk: Sequence[models.Model]) -> str:
        lines = [
            _line("account", {"id": user.pk, "name": str(user)}) for user in self._introduced.by(kind, chunk)
        ]
        self.count["account"] += len(lines)
        return "".join(lines)

    def _addresses(self, chunk: Iterable[models.Model]) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        chosen = ThreadAddress.objects.using(self.wanted.alias).filter(thread__in=chunk)
        for address in chosen.order_by("thread", "pk"):
            found.setdefault(address.thread_id, []).append([address.pk, address.kind, address.value])
        return found


def of_forum(wanted: Wanted, kind: Kind) -> Iterator[list[Any]]:
    """The rows of a forum in the global database; what names an e-mail or a network address only if it is wanted."""
    chosen = kind.model.objects.using("default").filter(**{kind.whose: wanted.forum})
    if kind.model is Ban and not wanted.personal:
        chosen = chosen.exclude(kind__in=PERSONAL_BANS)
    last = 0
    while chunk := list(chosen.filter(pk__gt=last).order_by(kind.whose, "pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _line(name: str, values: dict[str, Any]) -> str:
    return orjson.dumps({"row": name, **values}, default=str).decode() + "\n"
