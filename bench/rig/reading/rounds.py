"""Runs that take turns: medians and ranges of those that other work on the machine did not disturb."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bench.rig.quiet import Others, wait_for_quiet

Taken = TypeVar("Taken")
DISTURBED = 0.15  # of the processors, for others
FEWEST = 2  # runs that must be left
PATIENCE = 10.0  # seconds before a turn is taken all the same


@dataclass
class Book:
    """Figures by name, and why others are missing."""

    figures: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def take(self, other: "Book") -> None:
        """What another book knows, in place of what was known; what it could not learn is known no longer."""
        for name in other.missing:
            self.figures.pop(name, None)
        self.figures |= other.figures
        self.missing |= other.missing

    def note(self, name: str, value: float) -> None:
        self.figures[name] = round(value, 4)

    def note_runs(self, name: str, runs: list[float]) -> None:
        """The median, and the range as NAME_least and NAME_most; without enough runs, that it is missing."""
        if len(runs) < FEWEST:
            self.missing[name] = "the machine was busy"
            return
        self.note(name, statistics.median(runs))
        self.note(f"{name}_least", min(runs))
        self.note(f"{name}_most", max(runs))

    def note_ratio(self, name: str, above: str, below: str) -> None:
        """One figure divided by another, if both are there."""
        absent = [each for each in (above, below) if each not in self.figures]
        if absent:
            self.missing[name] = f"there is no {' and no '.join(absent)}"
        else:
            self.note(name, self.figures[above] / self.figures[below])


def in_turn(acts: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, list[Taken]]:
    """Let each act have a turn, again and again; a disturbed one is taken once more, then left out."""
    kept: dict[str, list[Taken]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            for _ in range(2):
                wait_for_quiet(PATIENCE)
                others = Others()
                taken = act()
                if others.share() <= DISTURBED:
                    kept[name].append(taken)
                    break
    return kept
