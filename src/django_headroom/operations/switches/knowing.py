"""What this process knows of how switches stand: what was read last, made ready to be asked."""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django_headroom.operations.switches.declaring import declared
from django_headroom.operations.switches.rules import Judge, Rule, of_default


class Turned(NamedTuple):
    """One turn of a switch, as it was read."""

    version: int
    switch: str
    rule: Rule


class Chosen(NamedTuple):
    """What somebody has chosen for herself, as it was read."""

    version: int
    switch: str
    actor: str
    is_in: bool


class Hanging(NamedTuple):
    """A switch that is off without another."""

    needs: str
    answer: bool | Judge


Answer = bool | Judge | Hanging


@dataclass
class _Known:
    rules: dict[str, Turned] = field(default_factory=dict)
    chosen: dict[tuple[str, str], Chosen] = field(default_factory=dict)
    tripped: dict[str, tuple[int, str]] = field(default_factory=dict)
    overridden: dict[str, bool] = field(default_factory=dict)
    is_watching: bool = False
    read_at: float | None = None


answers: dict[str, Answer] = {}
"""By name; replaced as a whole, so that whoever asks meanwhile has the one or the other."""

steady: dict[str, Answer] = {}
"""Those of ``answers`` that are held for the length of a request: not what kills, nor what a block says."""

_known = _Known()
_lock = threading.RLock()


def learn(turns: Iterable[Turned], choices: Iterable[Chosen] = (), *, is_read: bool = False) -> None:
    """Take over what is newer than what is known: by its version, whatever order it comes in."""
    with _lock:
        for turn in turns:
            before = _known.rules.get(turn.switch)
            if before is None or before.version < turn.version:
                _known.rules[turn.switch] = turn
        for choice in choices:
            kept = _known.chosen.get((choice.switch, choice.actor))
            if kept is None or kept.version < choice.version:
                _known.chosen[choice.switch, choice.actor] = choice
        if is_read:
            _known.read_at = time.monotonic()
        publish()


def publish() -> None:
    """Make everything ready to be asked."""
    global answers, steady
    with _lock:
        found = {name: _answer(name) for name in declared()}
        answers = {**found, **_known.overridden}
        steady = {
            name: answer
            for name, answer in found.items()
            if not declared()[name].kill and name not in _known.overridden
        }


def _answer(name: str) -> Answer:
    switch = declared()[name]
    rule = rule_of(name)
    if name in _known.tripped:
        return False
    if rule is None:
        answer: bool | Judge = switch.unread
    elif rule.is_same_for_all():
        answer = rule.percent == 100
    else:
        chosen = (each.actor for each in _known.chosen.values() if each.switch == name and each.is_in)
        answer = Judge(name, rule, frozenset(chosen if switch.labs else ()))
    return Hanging(switch.needs, answer) if switch.needs else answer


def rule_of(name: str) -> Rule | None:
    """How a switch stands as far as is known; None if it could not be read."""
    turned = _known.rules.get(name)
    if turned is not None:
        return turned.rule
    if _known.is_watching and _known.read_at is None:
        return None
    return of_default(declared()[name].default)


def version_of(name: str) -> int:
    """The turn by which a switch stands as it does; 0 before the first."""
    turned = _known.rules.get(name)
    return turned.version if turned else 0


def age() -> float | None:
    """Seconds since switches were read last; None if they never were."""
    return None if _known.read_at is None else time.monotonic() - _known.read_at


def states() -> Mapping[str, bool | str]:
    """How each switch stands, for a record: on, off, or ``some``."""
    return {name: answer if isinstance(answer, bool) else "some" for name, answer in answers.items()}


def begin_watching() -> None:
    """From now on what could not be read is not known."""
    with _lock:
        _known.is_watching = True
        publish()


def trip(name: str, why: str) -> None:
    """Turn a switch off here and now, before anybody else can be told."""
    with _lock:
        _known.tripped.setdefault(name, (version_of(name), why))
        publish()


def tripped() -> Mapping[str, tuple[int, str]]:
    """What guards have turned off here, the turn by which it stood, and why; until it is written down."""
    return dict(_known.tripped)


def untrip(name: str) -> None:
    """What was read holds again."""
    with _lock:
        _known.tripped.pop(name, None)
        publish()


def override(told: Mapping[str, bool]) -> Mapping[str, bool]:
    """Set what holds whatever was read; returns what held before."""
    with _lock:
        before, _known.overridden = _known.overridden, {**told}
        publish()
        return before


def overridden() -> Mapping[str, bool]:
    """What holds whatever was read."""
    return _known.overridden


def forget() -> None:
    """Know nothing, as a process that has just begun."""
    global _known
    with _lock:
        _known = _Known()
        publish()
