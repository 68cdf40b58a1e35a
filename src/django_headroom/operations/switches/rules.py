"""For whom a switch is on: a percentage, people, tenants, staff, a time; whoever is excluded is out."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BUCKETS = 10_000

Names = Mapping[str, frozenset[str]]
"""Of what kind (``actor``, ``forum``, …) which: ``{"forum": frozenset({"gazette"})}``."""


class BadRule(ValueError):
    """A rule that says nothing that can be followed."""


@dataclass(frozen=True)
class Rule:
    """How a switch stands. Who is in ``never`` is out; who is in ``always`` is in; of the others a percentage.

    >>> Rule(percent=5, always={"forum": frozenset({"gazette"})}, staff=True)
    """

    percent: float = 0.0
    """Of the actors, in hundredths at the finest; each is in or out for ever, and nobody leaves when it grows."""
    by: str = "actor"
    """What the percentage is of: the actors, or one of the kinds that a question names, as ``forum``."""
    always: Names = field(default_factory=dict)
    never: Names = field(default_factory=dict)
    staff: bool = False
    """Whether it is on for the staff, whatever the percentage."""
    labs: bool = False
    """Whether who has chosen it has it."""
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    """Before and from then on it is off for everybody; both with a time zone."""

    def __post_init__(self) -> None:
        """Refuse what nobody could follow."""
        if not 0 <= self.percent <= 100:
            raise BadRule(f"{self.percent:g} is no percentage: write a number from 0 to 100.")
        moments = [moment for moment in (self.begins_at, self.ends_at) if moment is not None]
        if any(moment.tzinfo is None for moment in moments):
            raise BadRule("A moment needs its time zone, as in 2026-12-01T08:00+00:00.")
        if len(moments) == 2 and moments[0] >= moments[1]:
            raise BadRule("It would end before it begins: name a later end.")

    def is_same_for_all(self) -> bool:
        """Whether nobody needs to be looked at."""
        named = self.always or self.never or self.staff or self.labs or self.begins_at or self.ends_at
        return not named and self.percent in (0, 100)

    def as_json(self) -> dict[str, Any]:
        """What is written down of it: nothing that it leaves as it is."""
        told: dict[str, Any] = {"percent": self.percent}
        if self.by != "actor":
            told["by"] = self.by
        for name in ("always", "never"):
            named: Names = getattr(self, name)
            if named:
                told[name] = {kind: sorted(each) for kind, each in sorted(named.items())}
        told |= {name: True for name in ("staff", "labs") if getattr(self, name)}
        for name in ("begins_at", "ends_at"):
            moment = getattr(self, name)
            if moment is not None:
                told[name] = moment.isoformat()
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Rule":
        """What ``as_json`` has written; what a later version has added is left out."""
        known: dict[str, Any] = {
            name: told[name] for name in ("percent", "by", "staff", "labs") if name in told
        }
        for name in ("always", "never"):
            known[name] = {kind: frozenset(each) for kind, each in told.get(name, {}).items()}
        for name in ("begins_at", "ends_at"):
            if name in told:
                known[name] = datetime.fromisoformat(told[name])
        return cls(**known)


ON, OFF = Rule(percent=100), Rule()


def of_default(default: bool | Rule) -> Rule:
    """How a switch stands that nobody has turned."""
    if isinstance(default, Rule):
        return default
    return ON if default else OFF


def bucket_of(salt: str, key: str) -> int:
    """One of 10,000 buckets: the same for a key everywhere and always, and another for each salt."""
    digest = hashlib.blake2b(f"{salt}\n{key}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) % BUCKETS


class Judge:
    """A rule made ready to be asked often."""

    __slots__ = (
        "_always",
        "_below",
        "_by",
        "_chosen",
        "_from",
        "_labs",
        "_never",
        "_salt",
        "_staff",
        "_until",
    )

    def __init__(self, salt: str, rule: Rule, chosen: frozenset[str]) -> None:
        self._salt, self._by, self._below = salt, rule.by, round(rule.percent * BUCKETS / 100)
        self._always, self._never = tuple(rule.always.items()), tuple(rule.never.items())
        self._staff, self._labs, self._chosen = rule.staff, rule.labs, chosen
        self._from = rule.begins_at.timestamp() if rule.begins_at else -math.inf
        self._until = rule.ends_at.timestamp() if rule.ends_at else math.inf

    def is_on(self, asked: Mapping[str, str], is_staff: bool, may_choose: bool, now: float) -> bool:
        """Whether it is on for what is asked: the actor's key and the other kinds, by their names."""
        if not self._from <= now < self._until or _names(self._never, asked):
            return False
        if _names(self._always, asked) or (self._staff and is_staff):
            return True
        if self._labs and may_choose and asked.get("actor") in self._chosen:
            return True
        if self._below in (0, BUCKETS):
            return self._below == BUCKETS
        key = asked.get(self._by)
        return bool(key) and bucket_of(self._salt, str(key)) < self._below


def _names(named: tuple[tuple[str, frozenset[str]], ...], asked: Mapping[str, str]) -> bool:
    return any(asked.get(kind) in names for kind, names in named)
