"""``DelayedSignal``: said inside a transaction, it is an outbox row; it is heard if and only if that commits."""

from collections.abc import Callable
from typing import Any

from django.db import connections

from django_headroom.delayed.models import Event
from django_headroom.transactions import alias_of
from django_headroom.updates import insert

Receiver = Callable[..., None]
_signals: dict[str, "DelayedSignal"] = {}


class SaidOutside(Exception):
    """A signal said outside a transaction: it could be sent for something that never happened."""


class DelayedSignal:
    """A named event with a versioned schema of plain JSON.

    >>> comment_posted = DelayedSignal("comment_posted", schema=1)
    >>> with writing(gazette):
    ...     comment_posted.say(at=gazette, comment_id="42")
    """

    def __init__(self, name: str, *, schema: int) -> None:
        self.name = name
        self.schema = schema
        self.receivers: dict[str, Receiver] = {}
        _signals[name] = self

    def connect(self, receiver: Receiver, *, dispatch_uid: str) -> None:
        """Have ``receiver(data, event_id=…)`` called by the worker, at least once for each event.

        Args:
            receiver: may be told twice, so it must not mind; it opens its own transactions.
            dispatch_uid: its lasting name; events already said remember by it who has heard them.
        """
        self.receivers[dispatch_uid] = receiver

    def say(self, *, at: Any, **data: Any) -> None:
        """Write the event down in the database of the place ``at``, within its open transaction.

        Raises:
            SaidOutside: no transaction is open there.
        """
        alias = alias_of(at)
        if not connections[alias].in_atomic_block:
            raise SaidOutside(
                f"{self.name} was said outside a transaction: say it inside `with writing(place)`."
            )
        insert(self.event(**data), using=alias)

    def event(self, **data: Any) -> Event:
        """The row of the outbox, for who writes it with the rest of an act (see ``chains``)."""
        return Event(signal=self.name, schema=self.schema, payload=data)


def signal_named(name: str) -> DelayedSignal | None:
    """The signal of this name, if any was declared."""
    return _signals.get(name)
