"""Who hears a delayed signal, and on what terms: whose events, how urgently, in what order, how often tried."""

import inspect
import random
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections, models

from django_headroom.conf import headroom
from django_headroom.delayed.models import Heard, Lane
from django_headroom.transactions import writing

Call = Callable[..., Any]
OFFERED = frozenset({"event", "event_id", "sender", "schema", "said_at"})


@dataclass(frozen=True)
class Retry:
    """How often a receiver is tried, and how long the pauses are: about ``first`` seconds, then twice that, and so on.

    >>> Retry(tries=3, first=60)
    """

    tries: int | None = None
    """None: as the setting ``DELAYED_TRIES`` says."""
    first: float = 2.0
    longest: float = 3600.0

    def is_over(self, tries: int) -> bool:
        """Whether that many tries were the last."""
        return tries >= (self.tries or headroom().delayed_tries)

    def pause(self, tries: int) -> float:
        """Seconds until the next try, each time another number, so that what failed together does not come together."""
        return min(self.first * 2.0 ** (min(tries, 30) - 1), self.longest) * random.uniform(0.5, 1.5)


@dataclass(frozen=True)
class Told:
    """One event as one receiver is told of it."""

    event_id: UUID
    signal: str
    sender: str
    schema: int
    said_at: datetime
    tries: int
    outbox: str
    """The alias of the database in which it was said."""
    receiver: str


@dataclass(frozen=True)
class Receiver:
    """A function with the terms on which it hears."""

    uid: str
    call: Call
    wants: frozenset[str]
    sender: str = ""
    lane: Lane = Lane.LOW
    order_key: str = ""
    channel: str = ""
    retry: Retry = Retry()
    once_at: Any = None

    def hears(self, sender: str) -> bool:
        """Whether events of this sender are meant."""
        return self.sender in ("", sender)

    def tell(self, payload: Mapping[str, Any], told: Told) -> None:
        """Call it with what it asks for by name; where it says ``once_at``, once for each event, in one transaction."""
        offered = {
            "event": told,
            "event_id": str(told.event_id),
            "sender": told.sender,
            "schema": told.schema,
            "said_at": told.said_at,
        }
        wanted = {name: value for name, value in offered.items() if name in self.wants}
        place = self.once_at(payload) if callable(self.once_at) else self.once_at
        with nullcontext(True) if place is None else once(told, at=place) as is_first:
            if is_first:
                self.call(deepcopy(payload), **wanted)


class once:  # noqa: N801 - reads as the statement it is
    """One transaction at a place, in which a receiver learns whether the event is new to it.

    That it has heard is written in the same transaction as what it does: both are there, or neither.

    Args:
        event: what the receiver was given as ``event``.
        at: the place to which it writes; see ``writing``.

    >>> def count_sale(data, *, event):
    ...     with once(event, at="people") as is_first:
    ...         if is_first:
    ...             Person.objects.filter(pk=data["seller"]).update(sales=F("sales") + 1)
    """

    def __init__(self, event: Told, *, at: Any) -> None:
        self._event, self._transaction = event, writing(at)

    def __enter__(self) -> bool:
        alias = self._transaction.__enter__()
        try:
            return _note(self._event, alias)
        except BaseException as error:
            self._transaction.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(self, *failure: Any) -> None:
        self._transaction.__exit__(*failure)


def _note(event: Told, alias: str) -> bool:
    """By one statement: whoever comes second waits until the first has committed, and is told that she is second."""
    note = Heard(event_id=event.event_id, receiver=event.receiver, outbox=event.outbox)
    columns = note._meta.concrete_fields[1:]
    values = [field.get_db_prep_save(getattr(note, field.attname), connections[alias]) for field in columns]
    names = ", ".join(str(field.column) for field in columns)
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO delayed_heard ({names}) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", values
        )
        return bool(cursor.rowcount == 1)


def label_of(sender: type[models.Model] | str | None) -> str:
    """How a sender is written down."""
    return sender if isinstance(sender, str) else sender._meta.label if sender else ""


def wanted_by(call: Call) -> frozenset[str]:
    """What a function asks for by name, of what it may be given."""
    given = inspect.signature(call).parameters
    takes_all = any(each.kind == each.VAR_KEYWORD for each in given.values())
    return OFFERED if takes_all else OFFERED & given.keys()
