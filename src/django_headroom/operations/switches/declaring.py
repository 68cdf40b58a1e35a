"""What switches there are: each declared once, with what it is until somebody turns it, its owner and its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.utils import timezone

from django_headroom.operations.switches.rules import Rule


class DeclaredTwice(Exception):
    """Two switches of one name, or one that hangs on a switch which is not declared yet."""


@dataclass(frozen=True)
class Guard:
    """When a feature is turned off by itself: what ``felt()`` counts in ten seconds crosses a bound.

    >>> Guard(errors=0.2, seconds=1.0, slow=0.5)
    """

    errors: float = 1.0
    """More than this part of the calls may not fail."""
    seconds: float = 0.0
    """A call that takes longer is slow; 0: none is."""
    slow: float = 1.0
    """More than this part of the calls may not be slow."""
    least: int = 50
    """Fewer calls prove nothing."""


@dataclass(frozen=True)
class Switch:
    """A feature that can be turned.

    >>> Switch("beaks", says="Birds have beaks.", default=True, unread=False, owner="ann")
    """

    name: str
    says: str
    """What is so while it is on, in one sentence."""
    default: bool | Rule
    """What it is until somebody has turned it; a rule where it is on for some, as a lab for those who choose it."""
    unread: bool
    """What it is in a process that could not read how switches stand since it began."""
    owner: str
    until: date | None = None
    """When it is to be gone from the code; None for one that stays, such as those that turn off what is too heavy."""
    needs: str = ""
    """Another switch, without which this one is off."""
    labs: bool = False
    """Whether people may choose it for themselves, where its rule lets them."""
    guard: Guard | None = None
    kill: bool = False
    """Whether a turn holds at once, also within a request that has begun; else it holds from the next one on."""

    @property
    def is_over(self) -> bool:
        """Whether it has outlived its day."""
        return self.until is not None and self.until < timezone.now().date()


_declared: dict[str, Switch] = {}


def declare(switch: Switch) -> Switch:
    """Make a switch known; a module that declares switches may be loaded again.

    Raises:
        DeclaredTwice: there is another of this name, or what it needs is not declared.

    >>> declare(Switch("wings", says="Birds fly.", default=False, unread=False, owner="ann", until=date(2030, 1, 1)))
    """
    if _declared.get(switch.name, switch) != switch:
        raise DeclaredTwice(f"There is a switch {switch.name!r} already: give this one another name.")
    if switch.needs and switch.needs not in _declared:
        raise DeclaredTwice(
            f"{switch.name!r} needs {switch.needs!r}, which is not declared: declare it before."
        )
    _declared[switch.name] = switch
    return switch


def declared() -> Mapping[str, Switch]:
    """Every switch by its name, in the order in which they were declared."""
    return MappingProxyType(_declared)


@checks.register("switches")
def check_expired(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """System check: no switch has outlived the day on which it was to be gone from the code.

    >>> check_expired(None)
    []
    """
    return [
        checks.Warning(
            f"The switch {each.name!r} of {each.owner} was to be gone by {each.until}.",
            hint="Take it and what it leaves out of the code, or give it another day.",
            id="headroom.W601",
        )
        for each in _declared.values()
        if each.is_over
    ]
