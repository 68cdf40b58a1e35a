"""Jobs that run every so often: each by one owner at a time, within a time limit; and which of them did not run."""

import logging
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from django.db.models import Q
from django.utils import timezone

from django_headroom.delayed.failures import written_failure
from django_headroom.delayed.models import Job
from django_headroom.delayed.surrounding import surrounded

logger = logging.getLogger(__name__)

Act = Callable[[], Any]


class TookTooLong(Exception):
    """A job that was at it for longer than its limit."""


class NotInMainThread(Exception):
    """A job that nothing could stop at its limit."""


@dataclass(frozen=True)
class Schedule:
    """A job: its lasting name, the seconds from one run to the next, and those that one may take."""

    name: str
    act: Act
    every: float
    limit: float


_schedules: dict[str, Schedule] = {}


def every(seconds: float, *, name: str, limit: float = 60.0) -> Callable[[Act], Act]:
    """Declare a job, which ``run_due_jobs`` then runs. It may be run again after it was killed, so it must not mind.

    >>> @every(3600, name="trim prints", limit=300)
    ... def trim_prints():
    ...     ...
    """

    def declare(act: Act) -> Act:
        _schedules[name] = Schedule(name, act, seconds, limit)
        return act

    return declare


def run_due_jobs(alias: str = "default") -> list[str]:
    """Run what is due and nobody else has taken up, one after the other; a job that fails is tried at its next time.

    Args:
        alias: the database in which is written down who runs what.

    Returns:
        The names of those that went well.
    """
    return [each.name for each in _schedules.values() if _run(alias, each)]


def late_jobs(alias: str = "default") -> list[Job]:
    """Those that should have gone well and did not: for twice their time and limit. Each is a reason for an alarm."""
    return [state.job for state in job_states(alias) if state.is_late]


@dataclass(frozen=True)
class JobState:
    """A declared job, and what is written down of it."""

    schedule: Schedule
    job: Job

    @property
    def is_late(self) -> bool:
        """Whether it did not go well for twice its time and limit."""
        return self.late_from < timezone.now()

    @property
    def late_from(self) -> datetime:
        """When it is late, unless it goes well before."""
        allowed = timedelta(seconds=2 * (self.schedule.every + self.schedule.limit))
        return (self.job.succeeded_at or self.job.since) + allowed


def job_states(alias: str = "default") -> list[JobState]:
    """Every job that this process has declared, in that order; one that nobody has run yet is known from now on."""
    jobs = Job.objects.using(alias)
    if missing := _schedules.keys() - set(jobs.values_list("name", flat=True)):
        jobs.bulk_create([Job(name=name) for name in missing], ignore_conflicts=True)
    known = {job.name: job for job in jobs.filter(name__in=list(_schedules))}
    return [JobState(each, known[each.name]) for each in _schedules.values()]


def _run(alias: str, each: Schedule) -> bool:
    owner = uuid.uuid4()
    if not _take(alias, each, owner):
        return False
    error = ""
    try:
        with surrounded(each.name), _limited(each):
            each.act()
    except Exception:  # noqa: BLE001 - as the worker's loop: reported, and tried again
        error = written_failure()
        logger.warning("The job %s has failed:\n%s", each.name, error)
    now = timezone.now()
    went_well = {} if error else {"succeeded_at": now}
    ours = Job.objects.using(alias).filter(name=each.name, owner=owner)
    ours.update(
        owner=None, owned_until=None, due_at=now + timedelta(seconds=each.every), error=error, **went_well
    )
    return not error


def _take(alias: str, each: Schedule, owner: uuid.UUID) -> bool:
    """One UPDATE that is true for one caller only; an owner who has died has it until her limit is over, not longer."""
    now = timezone.now()
    jobs = Job.objects.using(alias).filter(name=each.name)
    if not jobs.exists():
        Job.objects.using(alias).bulk_create([Job(name=each.name)], ignore_conflicts=True)
    free = jobs.filter(Q(owned_until=None) | Q(owned_until__lt=now), due_at__lte=now)
    return (
        free.exists() and free.update(owner=owner, owned_until=now + timedelta(seconds=each.limit + 5)) == 1
    )


@contextmanager
def _limited(each: Schedule) -> Iterator[None]:
    """Interrupt the block when its time is over; Python can do so in the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        raise NotInMainThread(
            "Jobs run in the main thread, where they can be interrupted: call run_due_jobs() there."
        )

    def stop(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"{each.name} took more than {each.limit:g} seconds.")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, each.limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
