"""`descant worker`: tells receivers what was said, brings in what was counted and runs jobs, until it is stopped."""

import argparse
import logging
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from django.db import InterfaceError, OperationalError, close_old_connections

from descant.forums.keys.counting import forget_hours, note_uses
from descant.forums.keys.repeating import forget_answers
from descant.operate import alarms, reading_gauges
from descant.operate.upgrading import aliases
from django_headroom.counters.flushing import flush
from django_headroom.delayed.jobs.scheduling import every, run_due_jobs
from django_headroom.delayed.trimming import forget_heard
from django_headroom.delayed.worker import drain
from django_headroom.delayed.working.looping import Worker
from django_headroom.operations.performance import keeping

NAME = "worker"
HELP = "do what follows a comment, until stopped"
PAUSE = 0.25
NICENESS = 10
COUNT_EVERY = 5.0
NOTE_EVERY = 60.0
SHARE = 0.2  # of the time that the worker takes on a busy machine, while more is due than one round brings
IDLE_ENOUGH = 0.5  # the part of the processors' time that must be unused for it to go on at once
REST_MOST = 5.0
TICKS_ENOUGH = 20  # of the processors' clock, between two looks that tell how idle they are
DECLARED_BY = (alarms,)  # jobs that it runs besides its own

_log = logging.getLogger(__name__)
_stop = threading.Event()
_noted_at = float("-inf")
_ticks, _idle = (0, 0), 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="end when nothing is due")


def run(options: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    _give_way()
    if options.once:
        _work_off()
        return 0
    with Worker(aliases(), rest=rest):
        while not _stop.is_set():
            bring_in_counts()
            _run_jobs()
            _stop.wait(COUNT_EVERY)
    return 0


def rest(took: float, is_full: bool) -> float:
    """A rest after a round; what has come since a short one is worth the next only together with more."""
    return rest_after(took, _idle_lately()) if is_full else PAUSE


def rest_after(took: float, idle: float) -> float:
    """How long to leave the files and processors to those who read and write, after a round of so many seconds."""
    return 0.0 if idle >= IDLE_ENOUGH else min(REST_MOST, took * (1 / SHARE - 1))


def processor_ticks() -> tuple[int, int]:
    """The processors' time so far: unused, and in all; nothing where the system does not tell."""
    try:
        fields = [
            int(each) for each in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]
        ]
    except (OSError, ValueError):
        return 0, 0
    return fields[3] + fields[4], sum(fields)  # what waits for a disk uses no processor


def idle_between(before: tuple[int, int], after: tuple[int, int]) -> float:
    """The part of the time between two looks that was unused; all of it where nobody knows."""
    passed = after[1] - before[1]
    return (after[0] - before[0]) / passed if passed else 1.0


def _give_way() -> None:
    """On a busy machine those who read and write come first; what follows a comment may wait."""
    os.nice(NICENESS)
    with suppress(OSError):  # Linux weighs sessions against each other, and ours is one by itself
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def _idle_lately() -> float:
    """The part of the processors' time that was unused since the last look, by whichever thread."""
    global _ticks, _idle
    now = processor_ticks()
    if now[1] - _ticks[1] >= TICKS_ENOUGH:
        _idle, _ticks = idle_between(_ticks, now), now
    return _idle


@every(600, name="forget what was heard", limit=120)
def _forget_heard() -> None:
    for alias in aliases():
        forget_heard(alias)


@every(60, name="read gauges", limit=30)
def _read_gauges() -> None:
    reading_gauges.read_gauges()


@every(3_600, name="let go of what requests have cost", limit=120)
def _trim_performance() -> None:
    keeping.trim()


def _run_jobs() -> None:
    """What of them is late, `descant jobs` tells; where the global database is out of reach they wait."""
    try:
        run_due_jobs()
    except (OperationalError, InterfaceError) as error:
        _log.warning("Scheduled jobs wait, for the global database cannot be reached: %s", error)
        close_old_connections()


def _work_off() -> None:
    told = 1
    while told and not _stop.is_set():
        told = sum(drain(alias) for alias in aliases())
    bring_in_counts()


def bring_in_counts() -> None:
    """What was counted on this machine goes into its rows; where a database is out of reach it waits."""
    try:
        flush()
        _note_uses()
    except (OperationalError, InterfaceError) as error:
        _log.warning("What was counted waits, for a database cannot be reached: %s", error)
        close_old_connections()


def _note_uses() -> None:
    """Every minute what keys were used goes into its hour; what is kept no longer is dropped."""
    global _noted_at
    if time.monotonic() < _noted_at + NOTE_EVERY:
        return
    _noted_at = time.monotonic()
    note_uses()
    forget_hours()
    forget_answers()


def _end(number: int, frame: FrameType | None) -> None:
    _stop.set()
