"""``workers(…)``: in a test only the named receivers hear, for real, through the stored row."""

import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from django.db import connections

from django_headroom.delayed.models import Event
from django_headroom.delayed.signals import all_signals
from django_headroom.delayed.worker import drain

MOST_ROUNDS = 100


class WorkerFailed(AssertionError):
    """A receiver that has failed in a test; the message is its traceback."""


@contextmanager
def workers(*uids: str, databases: Sequence[str]) -> Iterator[Callable[[], int]]:
    """For a block: only receivers with these ``dispatch_uid`` are connected; yields what runs them, as a worker would.

    Args:
        databases: whose events they hear.

    Returns:
        A function that tells everything that is due, until nothing is, and returns how many events were taken up.

    Raises:
        LookupError: no signal connects a receiver of this name.
        WorkerFailed: by the function: a receiver failed, or what it says makes itself be said for ever.

    >>> with workers("followups.activity", databases=["p1"]) as run:
    ...     post_comment(...)
    ...     run()
    """
    known = {uid for signal in all_signals() for uid in signal.receivers}
    if unknown := set(uids) - known:
        raise LookupError(f"No signal connects a receiver {sorted(unknown)[0]!r}; there are {sorted(known)}.")
    before = {signal: signal.receivers for signal in all_signals()}
    for signal, receivers in before.items():
        signal.receivers = {uid: receiver for uid, receiver in receivers.items() if uid in uids}
    try:
        yield lambda: _run(databases)
    finally:
        for signal, receivers in before.items():
            signal.receivers = receivers


class WorkerTest(unittest.TestCase):
    """For Django's test cases, after slide 47 of the talk: ``workers`` names receivers, ``run_workers()`` runs them.

    >>> class WriteTest(WorkerTest, TransactionTestCase):
    ...     databases = {"p1"}
    ...     workers = ["write a mail"]
    """

    workers: ClassVar[Sequence[str]] = ()

    def setUp(self) -> None:
        super().setUp()
        found: Sequence[str] | str = getattr(self, "databases", ())
        databases = list(connections) if found == "__all__" else list(found)
        self.run_workers = self.enterContext(workers(*self.workers, databases=databases))


def _run(databases: Sequence[str]) -> int:
    told = 0
    for _ in range(MOST_ROUNDS):
        round_of = sum(drain(alias) for alias in databases)
        for alias in databases:
            if failed := Event.objects.using(alias).exclude(error="").first():
                raise WorkerFailed(failed.error)
        if not round_of:
            return told
        told += round_of
    raise WorkerFailed(
        f"After {MOST_ROUNDS} rounds there is still something said: does a receiver say what it hears?"
    )
