"""Turning a switch, turning it back, and what was turned: the acts behind a command or a page."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connections,
    transaction,
)
from django.db.models import Max

from django_headroom.conf import headroom
from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.declaring import declared
from django_headroom.operations.switches.models import Choice, Turn
from django_headroom.operations.switches.rules import OFF, Rule, of_default
from django_headroom.transactions import writing

CHANNEL = "headroom_switches"
TRIES, REASON_MOST = 20, 300
Found = TypeVar("Found")
Kind = type[Turn] | type[Choice]
_log = logging.getLogger(__name__)


class TurnRefused(Exception):
    """A turn that cannot be made; the message says what to do."""


class _TurnedMeanwhile(Exception):
    """Somebody else was faster."""


class NobodyHeard(Exception):
    """None of the databases that keep the switches can be reached."""


def turn(name: str, rule: Rule, *, by: str, why: str, reverts: int | None = None) -> Turn:
    """Have a switch stand as a rule says, in every process of the site.

    Args:
        by: who it is that turns.
        why: for whoever reads the history.

    Raises:
        TurnRefused: there is no such switch, or no reason was given.
        NobodyHeard: no database can be reached.

    >>> turn("wings", Rule(percent=5), by="ann", why="to see who falls")
    """
    if name not in declared():
        raise TurnRefused(f"There is no switch {name!r}: there are {', '.join(declared())}.")
    if not why.strip():
        raise TurnRefused("Say why: whoever reads the history will ask.")
    made = Turn(switch=name, rule=rule.as_json(), by=by[:100], why=why.strip()[:REASON_MOST], reverts=reverts)
    _write(Turn, lambda alias, version: _insert(made, alias, version))
    return made


def turn_off_once(name: str, *, since: int, by: str, why: str) -> bool:
    """Turn a switch off if it stands by the turn ``since`` still: of many who find the same reason at once, one does.

    Returns:
        Whether it was this one.

    Raises:
        NobodyHeard
    """
    made = Turn(switch=name, rule=OFF.as_json(), by=by[:100], why=why[:REASON_MOST])

    def make(alias: str, version: int) -> None:
        if Turn.objects.using(alias).filter(switch=name, version__gt=since).exists():
            raise _TurnedMeanwhile
        _insert(made, alias, version)

    try:
        _write(Turn, make)
    except _TurnedMeanwhile:
        return False
    return True


def _insert(made: Turn, alias: str, version: int) -> None:
    made.version = version
    made.save(force_insert=True, using=alias)
    turned = knowing.Turned(version, made.switch, Rule.from_json(made.rule))
    transaction.on_commit(lambda: knowing.learn([turned]), using=alias)


def revert(version: int, *, by: str, why: str) -> Turn:
    """Have a switch stand as it did before a turn.

    Raises:
        TurnRefused: there was no such turn.
        NobodyHeard
    """

    def before(alias: str) -> tuple[str, Rule] | None:
        turns = Turn.objects.using(alias)
        found = turns.filter(pk=version).first()
        if found is None or found.switch not in declared():
            return None
        earlier = turns.filter(switch=found.switch, version__lt=version).order_by("-version").first()
        default = of_default(declared()[found.switch].default)
        return found.switch, Rule.from_json(earlier.rule) if earlier else default

    found = _from_one(before)
    if found is None:
        raise TurnRefused(f"There was no turn {version}: the history shows their numbers.")
    return turn(found[0], found[1], by=by, why=why, reverts=version)


def history(name: str = "", most: int = 50) -> Sequence[Turn]:
    """What was turned, the latest first; of one switch, or of all.

    Raises:
        NobodyHeard
    """

    def turns(alias: str) -> Sequence[Turn]:
        found = Turn.objects.using(alias).order_by("-version")
        return list((found.filter(switch=name) if name else found)[:most])

    return _from_one(turns)


def standing() -> dict[str, Turn]:
    """The turn by which each switch stands as it does; one that nobody has turned is not among them.

    Raises:
        NobodyHeard
    """

    def latest(alias: str) -> dict[str, Turn]:
        turns = Turn.objects.using(alias)
        versions = turns.values("switch").annotate(latest=Max("version")).values("latest")
        return {each.switch: each for each in turns.filter(version__in=versions)}

    return _from_one(latest)


def choose(name: str, *, actor: str, is_in: bool) -> None:
    """Note that somebody wants what is tried out, or does not any more; it counts where the rule lets people choose.

    Raises:
        TurnRefused: nobody can choose this.
        NobodyHeard

    >>> choose("wings", actor="u42", is_in=True)
    """
    if name not in declared() or not declared()[name].labs:
        raise TurnRefused(f"{name!r} is nothing to be chosen.")

    def make(alias: str, version: int) -> None:
        columns = {"is_in": is_in, "version": version}
        Choice.objects.using(alias).update_or_create(switch=name, actor=actor, defaults=columns)
        chosen = knowing.Chosen(version, name, actor, is_in)
        transaction.on_commit(lambda: knowing.learn((), [chosen]), using=alias)

    _write(Choice, make)


def chosen_by(actor: str) -> dict[str, bool]:
    """What somebody has chosen, or chosen no more, as it is written down.

    Raises:
        NobodyHeard
    """

    def choices(alias: str) -> dict[str, bool]:
        found = Choice.objects.using(alias).filter(actor=actor)
        return dict(found.values_list("switch", "is_in"))

    return _from_one(choices)


def _write(kind: Kind, make: Callable[[str, int], None]) -> None:
    """At the first place that can be reached, whose database gives the order; the others are given what they lack."""
    for _ in range(TRIES):
        heights = {
            alias: height for alias in headroom().switches if (height := _height(kind, alias)) is not None
        }
        if not heights:
            break
        first, highest = next(iter(heights)), max(heights, key=heights.__getitem__)
        for alias, height in heights.items():
            if height < heights[highest]:
                _bring(kind, highest, alias, after=height)
        try:
            with writing(first):
                make(first, heights[highest] + 1)
                _ring(first)
        except IntegrityError:
            continue
        for alias in heights:
            _bring(kind, first, alias, after=heights[highest])
        return
    raise NobodyHeard("No database that keeps the switches can be reached: try again in a moment.")


def _height(kind: Kind, alias: str) -> int | None:
    """The latest version there; None if it cannot be asked."""
    try:
        return kind.objects.using(alias).aggregate(most=Max("version"))["most"] or 0
    except (OperationalError, InterfaceError) as error:
        _log.warning("Switches cannot be turned at %s: %s", alias, error)
        return None


def _bring(kind: Kind, source: str, target: str, *, after: int) -> None:
    """What a place lacks of another. If it cannot be reached now, the next turn brings it along."""
    if source == target:
        return
    with suppress(DatabaseError, InterfaceError):
        lacking: Any = kind.objects.using(source).filter(version__gt=after).order_by("version")
        if lacking:
            with writing(target):
                for row in lacking:
                    _copy(row, target)
                _ring(target)


def _copy(row: Turn | Choice, target: str) -> None:
    columns: dict[str, Any] = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields
    }
    if isinstance(row, Turn):
        Turn.objects.using(target).get_or_create(version=columns.pop("version"), defaults=columns)
    else:
        key = {name: columns.pop(name) for name in ("switch", "actor")}
        del columns["id"]
        Choice.objects.using(target).update_or_create(**key, defaults=columns)


def _ring(alias: str) -> None:
    """Whoever listens hears of it with the commit; on SQLite they look at the file."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _from_one(ask: Callable[[str], Found]) -> Found:
    for alias in headroom().switches:
        with suppress(OperationalError, InterfaceError):
            return ask(alias)
    raise NobodyHeard("No database that keeps the switches can be reached: try again in a moment.")
