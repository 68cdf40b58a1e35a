"""What a block has cost, and how it is shown: by alias, numbered, with its time, its values and the line it is from."""

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, MutableSequence, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import django
from django.db import connections

VALUES_SHOWN = 3
LONGEST_VALUE = 80
_LIBRARIES = tuple(
    f"{folder}{os.sep}"
    for folder in {
        Path(__file__).parents[1],
        Path(django.__file__).parent,
        *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
)


@dataclass(frozen=True)
class Statement:
    """One statement as it was sent."""

    alias: str
    sql: str
    """As Django sends it, with places for the values."""
    values: Any
    text: str
    """With the values filled in, where that is kept."""
    ms: float
    place: str
    """File and line of the project's own code."""

    @property
    def shape(self) -> str:
        """The statement without its values, and with long lists cut: what repeated statements have in common."""
        shape = re.sub(r"\s+", " ", self.sql).strip()
        shape = re.sub(r"'(?:[^']|'')*'|%s|\b\d+(?:\.\d+)?\b", "?", shape)
        shape = re.sub(r"\(\?(?:, ?\?)+\)", "(?, …)", shape)
        return re.sub(r'^(SELECT (?:DISTINCT )?"[^,]+),.{60,}?(?= FROM )', r"\1, …", shape)


@dataclass(frozen=True)
class Call:
    """What went elsewhere than to a database: a call to a cache, or to another host."""

    cache: str | None
    """The alias of the cache; None for another host."""
    shape: str
    """``get``, ``connect``, ``GET /path``: what repeated calls have in common."""
    values: tuple[Any, ...]
    """The keys, or the host and its port."""
    ms: float | None
    """None where only the beginning is seen."""
    place: str
    """As of a statement."""

    @property
    def alias(self) -> str:
        """What stands for a database's alias where it is shown."""
        return "elsewhere" if self.cache is None else f"cache {self.cache!r}"


@dataclass
class Spent:
    """What a block cost: its statements in order, transactions' own words left out; and its calls beside them."""

    statements: MutableSequence[Statement] = field(default_factory=list)
    calls: MutableSequence[Call] = field(default_factory=list)
    """To caches and to other hosts; they are shown, and not counted as queries."""
    with_texts: bool = True
    """Whether each statement is kept with its values filled in as well: that costs more than the rest together."""

    @property
    def count(self) -> int:
        """The number of statements, to all databases together."""
        return len(self.statements)

    @property
    def by_alias(self) -> dict[str, list[str]]:
        """The statements, values filled in, by database alias; every alias of the settings is there."""
        found: dict[str, list[str]] = {alias: [] for alias in connections}
        for each in self.statements:
            found.setdefault(each.alias, []).append(each.text)
        return found

    def of(self, alias: str | None) -> "Spent":
        """What went to one database; to all, and elsewhere, for None."""
        if alias is None:
            return self
        return Spent([each for each in self.statements if alias == each.alias])

    def __str__(self) -> str:
        told: list[Statement | Call] = sorted(self.statements, key=lambda each: each.alias)
        told += sorted(self.calls, key=lambda each: each.alias)
        parts = groupby(told, lambda each: each.alias)
        return "\n".join(line for alias, each in parts for line in _part(alias, list(each)))


def place_of_call() -> str:
    """File and line of the innermost frame that is neither Django's, the toolkit's nor a library's."""
    frame = sys._getframe()
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<", *_LIBRARIES)):
            return f"{_short(file)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return "no line of the project"


def _short(file: str) -> str:
    near = os.path.relpath(file)
    return file if near.startswith("..") else near


def _part(alias: str, told: list[Statement | Call]) -> Iterable[str]:
    yield f"{alias}: {len(told)}{_took(told, ' in ')}"
    alike: dict[tuple[str, str], list[tuple[int, Statement | Call]]] = {}
    for number, each in enumerate(told, start=1):
        alike.setdefault((each.shape, each.place), []).append((number, each))
    for (shape, place), group in alike.items():
        took = _took([each for _, each in group], " ")
        values = [each.values for _, each in group]
        if len(group) == 1:
            yield f"{group[0][0]:>5}.{took}  {shape}  {_shown(values)}  from {place}"
        else:
            numbers = f"{group[0][0]}–{group[-1][0]}"
            yield f"{numbers:>5}.{took}  ×{len(group)} {shape}  {_shown(values)}; N+1 from {place}"


def _took(told: Sequence[Statement | Call], before: str) -> str:
    times = [each.ms for each in told if each.ms is not None]
    return f"{before}{sum(times):.1f} ms" if times else ""


def _shown(values: list[Any]) -> str:
    few = [repr([_plain(value) for value in each]) for each in values[:VALUES_SHOWN] if each]
    few = [each if len(each) <= LONGEST_VALUE else f"{each[:LONGEST_VALUE]}…" for each in few]
    return " ".join(few) + (" …" if few and len(values) > VALUES_SHOWN else "")


def _plain(value: Any) -> Any:
    """psycopg's integers say how wide they are, which nobody asked."""
    return int(value) if isinstance(value, int) and type(value) is not bool else value
