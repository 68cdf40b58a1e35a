"""Whether an answer holds for whom it is asked, and where."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from django_headroom.operations.switches import knowing


class Actor(NamedTuple):
    """For whom it is asked; the key is hers on every device and in every job, as ``u42``.

    >>> Actor("u42", is_staff=True)
    """

    key: str
    is_staff: bool = False


def judged(
    answer: knowing.Answer, actor: Actor | str | None, may_choose: bool, where: Mapping[str, object]
) -> bool:
    """What an answer is for somebody."""
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, knowing.Hanging):
        needed = knowing.answers.get(answer.needs, False)
        return judged(needed, actor, may_choose, where) and judged(answer.answer, actor, may_choose, where)
    asked = {kind: str(each) for kind, each in where.items()}
    is_staff = False
    if isinstance(actor, Actor):
        actor, is_staff = actor
    if actor:
        asked["actor"] = actor
    return answer.is_on(asked, is_staff, may_choose, time.time())
