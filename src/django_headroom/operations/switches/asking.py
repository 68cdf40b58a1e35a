"""``is_on()``: whether a feature is on for somebody, answered from what this process knows."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.declaring import declared
from django_headroom.operations.switches.holding import held_now
from django_headroom.operations.switches.judging import Actor, judged

_log = logging.getLogger(__name__)
_told: set[str] = set()


def is_on(
    name: str,
    *,
    actor: Actor | str | None = None,
    default: bool | None = None,
    may_choose: bool = True,
    **where: object,
) -> bool:
    """Whether a switch is on. No question is asked of anything outside the process, and nothing is raised.

    Args:
        actor: for whom, or her key alone.
        default: the answer for a name that nobody has declared; else such a switch is off. It is logged once.
        may_choose: whether what she has chosen for herself counts here.
        where: what else a rule may name: ``forum="gazette"``.

    >>> is_on("wings", actor="u42", forum="gazette")
    False
    """
    held = held_now.get()
    if held is not None and name in knowing.steady:
        return held.is_on(name, actor, may_choose, where)
    answer = knowing.answers.get(name)
    if answer is None:
        answer = _of_newly_declared(name, default)
    if answer is True or answer is False:
        return answer
    return judged(answer, actor, may_choose, where)


def _of_newly_declared(name: str, default: bool | None) -> knowing.Answer:
    """What was declared since anything was read is looked at now; of what was never declared is told once."""
    if name in declared():
        knowing.publish()
        return knowing.answers[name]
    if name not in _told:
        _told.add(name)
        _log.warning("is_on(%r) is asked, and no switch of this name is declared.", name)
    return bool(default)


@contextmanager
def switches(**told: bool) -> Iterator[None]:
    """While it lasts, switches are on or off for everybody in this process and all of its threads, whatever was read.

    For tests, and for workers that run in them.

    >>> with switches(wings=True):
    ...     is_on("wings")
    True
    """
    before = knowing.override({**knowing.overridden(), **told})
    try:
        yield
    finally:
        knowing.override(before)
