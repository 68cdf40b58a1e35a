"""Telling the receivers of a batch, and writing down at its end who has heard and who has not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from django_headroom.delayed.failures import written_failure
from django_headroom.delayed.models import Event, Lane
from django_headroom.delayed.receivers import Receiver, Retry, Told
from django_headroom.delayed.signals import DelayedSignal, signal_named
from django_headroom.delayed.surrounding import surrounded
from django_headroom.identity import identity_map
from django_headroom.replicas import session

ERROR_SHOWN = 20_000


@dataclass
class Outcome:
    """What has become of a batch so far; written by ``write_down``."""

    alias: str
    owner: UUID
    behind: set[tuple[str, str]]
    """(receiver, order key) of events that wait to be tried again: what comes after them waits behind them."""
    done: list[int] = field(default_factory=list)
    """Heard by all, or by those who wait with rows of their own."""
    moved: dict[tuple[Lane, tuple[str, ...]], list[int]] = field(default_factory=lambda: defaultdict(list))
    """Heard in this lane; (the next lane, by whom) -> which."""
    failed: list[tuple[Event, Retry, str]] = field(default_factory=list)
    """Rows to be tried again as they are."""
    apart: list[tuple[int, Event]] = field(default_factory=list)
    """New rows, each for one receiver who could not hear now; and the row that they come from."""

    @classmethod
    def of(cls, alias: str, owner: UUID, events: Iterable[Event]) -> "Outcome":
        """Before a batch: who waits already in the orders that it has."""
        keys = {event.order_key for event in events if event.order_key and not event.only}
        waiting = Event.objects.using(alias).filter(order_key__in=keys, dead_at=None).exclude(only="")
        return cls(alias, owner, set(waiting.values_list("only", "order_key")) if keys else set())

    def tell(self, event: Event) -> None:
        """Tell everyone in this lane who has not heard; one who fails does not stop the others."""
        signal = signal_named(event.signal)
        if signal is None:
            self.failed.append((event, Retry(), f"This release declares no signal {event.signal!r}."))
        elif event.only:
            self._tell_one(event, signal)
        else:
            self._tell_all(event, signal)

    def _tell_one(self, event: Event, signal: DelayedSignal) -> None:
        receiver = signal.receivers.get(event.only)
        if receiver is None:
            error = f"This release connects no receiver {event.only!r} to {event.signal!r}."
            self.failed.append((event, Retry(), error))
        elif error := _told(event, signal, receiver):
            self.failed.append((event, receiver.retry, error))
        else:
            self.done.append(event.pk)

    def _tell_all(self, event: Event, signal: DelayedSignal) -> None:
        mean = [each for _, each in sorted(signal.receivers.items()) if each.hears(event.sender)]
        missing = [each for each in mean if each.uid not in event.heard_by]
        for receiver in [each for each in missing if each.lane <= event.lane]:
            place = (receiver.uid, event.order_key) if receiver.order_key and event.order_key else None
            if place in self.behind:
                self.apart.append((event.pk, _apart(event, receiver, mean)))
            elif error := _told(event, signal, receiver):
                self.apart.append((event.pk, _apart(event, receiver, mean, error)))
                if place:
                    self.behind.add(place)
        later = [each.lane for each in missing if each.lane > event.lane]
        if later:
            heard = [each.uid for each in mean if each.lane < min(later)]
            self.moved[min(later), tuple(heard)].append(event.pk)
        else:
            self.done.append(event.pk)

    def write_down(self) -> None:
        """In one transaction, so that whoever dies here leaves it all to be told again, and nobody is forgotten."""
        if not (self.done or self.moved or self.failed):
            return
        ours = Event.objects.using(self.alias).filter(leased_by=self.owner)  # a lease may have run out
        with transaction.atomic(using=self.alias):
            if self.apart:
                come_from = ours.filter(pk__in=[key for key, _ in self.apart]).select_for_update()
                kept = set(come_from.values_list("pk", flat=True))
                Event.objects.using(self.alias).bulk_create([row for key, row in self.apart if key in kept])
            for (lane, heard), keys in self.moved.items():
                rows = ours.filter(pk__in=keys)
                rows.update(lane=lane, heard_by=list(heard), leased_by=None, leased_until=None)
            for event, retry, error in self.failed:
                _try_again(event, retry, error)
                fields = ("tries", "error", "due_at", "dead_at", "leased_by", "leased_until")
                ours.filter(pk=event.pk).update(**{name: getattr(event, name) for name in fields})
            if self.done:
                ours.filter(pk__in=self.done).delete()
        self.done, self.failed, self.apart = [], [], []
        self.moved.clear()


def _told(event: Event, signal: DelayedSignal, receiver: Receiver) -> str:
    """Tell one receiver, and return the traceback if it has failed."""
    try:
        payload, schema = signal.brought_forward(event.payload, event.schema)
        told = Told(
            event_id=event.event_id,
            signal=event.signal,
            sender=event.sender,
            schema=schema,
            said_at=event.said_at,
            tries=event.tries,
            outbox=str(event._state.db),
            receiver=receiver.uid,
        )
        # On primaries: what the event tells of may not have come to a replica yet.
        with surrounded(receiver.uid, event.meta), identity_map(), session(fresh=True):
            receiver.tell(payload, told)
    except Exception:  # noqa: BLE001 - the worker's loop is the one place that may: it reports, and tries again
        return written_failure()
    return ""


def _apart(event: Event, receiver: Receiver, mean: Sequence[Receiver], error: str = "") -> Event:
    """The row of one receiver alone; a release that does not know ``only`` finds that all others have heard."""
    row = Event(
        event_id=event.event_id,
        signal=event.signal,
        schema=event.schema,
        payload=event.payload,
        said_at=event.said_at,
        lane=receiver.lane,
        tenant=event.tenant,
        sender=event.sender,
        order_key=event.order_key if receiver.order_key else "",
        only=receiver.uid,
        channel=receiver.channel,
        meta=event.meta,
        heard_by=[each.uid for each in mean if each is not receiver],
    )
    if error:
        _try_again(row, receiver.retry, error)
    return row


def _try_again(row: Event, retry: Retry, error: str) -> None:
    """When it is tried again, and whether; and as nobody's any more."""
    now = timezone.now()
    row.tries, row.error = row.tries + 1, error[-ERROR_SHOWN:]
    row.due_at = now + timedelta(seconds=retry.pause(row.tries))
    row.dead_at = now if retry.is_over(row.tries) else None
    row.leased_by = row.leased_until = None
