"""``is_on()``: whether a feature is on for somebody, answered from what this process knows."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from django_headroom.operations.switches import knowing
from django_headroom.operations.switches.declaring import declared

_log = logging.getLogger(__name__)
_told: set[str] = set()


class Actor(NamedTuple):
    """For whom it is asked; the key is hers on every device and in every job, as ``u42``.

    >>> Actor("u42", is_staff=True)
    """

    key: str
    is_staff: bool = False


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
    answer = knowing.answers.get(name)
    if answer is None:
        answer = _of_newly_declared(name, default)
    if answer is True or answer is False:
        return answer
    return _judged(answer, actor, may_choose, where)


def _judged(
    answer: knowing.Answer, actor: Actor | str | None, may_choose: bool, where: Mapping[str, object]
) -> bool:
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, knowing.Hanging):
        needed = knowing.answers.get(answer.needs, False)
        return _judged(needed, actor, may_choose, where) and _judged(answer.answer, actor, may_choose, where)
    asked = {kind: str(each) for kind, each in where.items()}
    is_staff = False
    if isinstance(actor, Actor):
        actor, is_staff = actor
    if actor:
        asked["actor"] = actor
    return answer.is_on(asked, is_staff, may_choose, time.time())


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
