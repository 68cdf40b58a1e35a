"""Channels: what may hang is told by one thread at a time in each lane, and leaves the other threads to others."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django_headroom.delayed.models import Lane
from django_headroom.delayed.signals import all_signals

_lock = threading.Lock()
_held: set[tuple[Lane, str]] = set()
_missed: dict[Lane, set[str]] = {
    lane: set() for lane in Lane
}  # databases where somebody came to a held channel


@contextmanager
def one_of(lane: Lane, due: Sequence[str], alias: str) -> Iterator[str | None]:
    """Hold one of the channels in which something is due, the common one last; None where others hold them all."""
    with _lock:
        free = [channel for channel in due if channel and (lane, channel) not in _held]
        chosen = free[0] if free else "" if "" in due else None
        if any((lane, channel) in _held for channel in due):
            _missed[lane].add(alias)
        if chosen:
            _held.add((lane, chosen))
    try:
        yield chosen
    finally:
        with _lock:
            _held.discard((lane, chosen or ""))


def missed_in(lane: Lane) -> set[str]:
    """Where somebody came to a channel that was held, since this was asked last: there may be more in it."""
    with _lock:
        found, _missed[lane] = _missed[lane], set()
    return found


def channels_in(lane: Lane) -> set[str]:
    """The channels in which something may be said that is told in a lane."""
    return {signal.channel for signal in all_signals() if signal.channel and signal.lane <= lane}
