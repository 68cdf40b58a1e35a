"""Which databases were found silent: of such a one, one at a time asks whether it answers again."""

import os
import threading
import time

from django.db import OperationalError

ASKS_FOR = 10.0  # seconds after which another may ask: who did so may have left without a word

_lock = threading.Lock()
_silent: dict[str, tuple[int, float]] = {}  # alias -> (the thread that asks, until when), or (0, 0)


class OutOfReach(OperationalError):
    """A database that cannot be asked just now, told without asking it."""


def ask(alias: str) -> None:
    """Before a server is asked something: if it is known to be silent, be the only one who does.

    Raises:
        OutOfReach: somebody else is asking.
    """
    if alias not in _silent:
        return
    with _lock:
        asker, until = _silent.get(alias, (0, 0.0))
        me, now = threading.get_ident(), time.monotonic()
        if asker not in (0, me) and now < until:
            raise OutOfReach(
                f"The database {alias!r} did not answer a moment ago, and one at a time asks it again: try again in a "
                f"moment. If that stays so, see to its server."
            )
        if alias in _silent:
            _silent[alias] = (me, now + ASKS_FOR)


def note(alias: str, *, answered: bool) -> None:
    """After a server was asked: whether it has answered anything, be it with an error."""
    if answered:
        if alias in _silent:
            with _lock:
                _silent.pop(alias, None)
    else:
        with _lock:
            _silent[alias] = (0, 0.0)


def is_silent(alias: str) -> bool:
    """Whether the last that was heard of a database in this process is that it does not answer.

    >>> is_silent("p1")
    False
    """
    return alias in _silent


def _begin_afresh() -> None:
    global _lock
    _lock = threading.Lock()
    _silent.clear()


os.register_at_fork(after_in_child=_begin_afresh)
