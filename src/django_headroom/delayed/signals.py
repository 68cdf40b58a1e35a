"""``DelayedSignal``: said inside a transaction, it is an outbox row; it is heard if and only if that commits."""

from collections.abc import Callable
from typing import Any

from django.db import connections, models

from django_headroom.delayed.models import Event, Lane
from django_headroom.delayed.receivers import Call, Receiver, Retry, label_of, wanted_by
from django_headroom.delayed.shapes import Convert, check_shape
from django_headroom.delayed.surrounding import taken_along
from django_headroom.transactions import alias_of
from django_headroom.updates import insert

Sender = type[models.Model] | str
_signals: dict[str, "DelayedSignal"] = {}


class SaidOutside(Exception):
    """A signal said outside a transaction: it could be sent for something that never happened."""


class TwoOrders(Exception):
    """Two receivers of a signal ask for different orders; a row has one place in one order."""


class DelayedSignal:
    """A named event with a versioned schema of plain JSON.

    Args:
        name: its lasting name, in rows and in messages.
        schema: the version of what is said; raised when that changes in a way that receivers mind.
        shape: a ``TypedDict``; what is said is compared with it.
        tenant: which of what is said names the tenant: each gets its turn, however much another has said.

    >>> comment_posted = DelayedSignal("comment_posted", schema=1, tenant="forum_id")
    >>> with writing(gazette):
    ...     comment_posted.say(at=gazette, forum_id=7, comment_id="42")
    """

    def __init__(self, name: str, *, schema: int, shape: type | None = None, tenant: str = "") -> None:
        self.name, self.schema, self.shape, self.tenant = name, schema, shape, tenant
        self.receivers: dict[str, Receiver] = {}
        self.order_key = self.channel = ""
        self.lane = Lane.LOW
        self._converters: dict[int, Convert] = {}
        _signals[name] = self

    def connect(
        self,
        receiver: Call,
        *,
        dispatch_uid: str,
        sender: Sender | None = None,
        queue: str = "low",
        order_key: str = "",
        channel: str = "",
        retry: Retry | None = None,
        once_at: Any = None,
    ) -> None:
        """Have ``receiver(data, …)`` called by a worker, at least once for each event.

        Args:
            receiver: must not mind being told twice; besides the data it is given what it names of ``OFFERED``.
            dispatch_uid: its lasting name; events already said remember by it who has heard them.
            sender: only events that were said with this sender, a model or a name.
            queue: ``high``, ``low`` or ``bulk``: what waits in one does not wait for another.
            order_key: which of what is said orders them; one that fails keeps back those after it that are alike in it.
            channel: of what may hang or take long; of all that is said in it a worker tells one at a time in each lane.
            retry: how often it is tried.
            once_at: a place, or a function from the data to one: it runs in a transaction there, once for each event.

        Raises:
            TwoOrders: another receiver of the signal has another ``order_key``.
        """
        self._share(order_key, channel)
        self.receivers[dispatch_uid] = Receiver(
            uid=dispatch_uid,
            call=receiver,
            wants=wanted_by(receiver),
            sender=label_of(sender),
            lane=Lane[queue.upper()],
            order_key=order_key,
            channel=channel,
            retry=retry or Retry(),
            once_at=once_at,
        )
        self.lane = min(each.lane for each in self.receivers.values())

    def _share(self, order_key: str, channel: str) -> None:
        """A row has one place in one order, and one channel, for all of its receivers."""
        if order_key and self.order_key not in ("", order_key):
            raise TwoOrders(
                f"{self.name} is heard in the order of {self.order_key!r}: use that, or another signal."
            )
        self.order_key, self.channel = order_key or self.order_key, channel or self.channel

    def converts(self, schema: int) -> Callable[[Convert], Convert]:
        """Declare how what was said in an older schema becomes what the next one says.

        >>> @item_sold.converts(1)
        ... def with_amount(data):
        ...     return {**data, "amount": 1}
        """

        def declare(convert: Convert) -> Convert:
            self._converters[schema] = convert
            return convert

        return declare

    def say(self, *, at: Any, sender: Sender | None = None, **data: Any) -> None:
        """Write the event down in the database of the place ``at``, within its open transaction.

        Raises:
            SaidOutside: no transaction is open there.
            WrongShape: the signal declares another shape.
        """
        alias = alias_of(at)
        if not connections[alias].in_atomic_block:
            raise SaidOutside(
                f"{self.name} was said outside a transaction: say it inside `with writing(place)`."
            )
        insert(self.event(sender=sender, **data), using=alias)

    def event(self, *, sender: Sender | None = None, **data: Any) -> Event:
        """The row of the outbox, for who writes it with the rest of an act (see ``chains``)."""
        if self.shape is not None:
            check_shape(self.name, self.shape, data)
        return Event(
            signal=self.name,
            schema=self.schema,
            payload=data,
            lane=int(self.lane),
            tenant=int(data.get(self.tenant) or 0),
            sender=label_of(sender),
            order_key=str(data.get(self.order_key, ""))[:100],
            channel=self.channel,
            meta=taken_along(),
        )

    def brought_forward(self, data: dict[str, Any], schema: int) -> tuple[dict[str, Any], int]:
        """What was said, in today's schema as far as there are converters; else, and if it is newer, as it is."""
        while schema < self.schema and schema in self._converters:
            data, schema = self._converters[schema](data), schema + 1
        return data, schema


def signal_named(name: str) -> DelayedSignal | None:
    """The signal of this name, if any was declared."""
    return _signals.get(name)


def all_signals() -> list[DelayedSignal]:
    """Every signal that was declared."""
    return list(_signals.values())
