"""A thread aside: it looks at requests that run too long while they still run, and has written down what was summed."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from math import inf

from django.db import DatabaseError, InterfaceError, connections

from django_headroom.conf import headroom
from django_headroom.operations.performance import recording, telling
from django_headroom.operations.performance.places import (
    FRAMES_MOST,
    frames_from,
    frames_of_task,
    place_in,
    written,
)
from django_headroom.operations.performance.recording import Record
from django_headroom.operations.performance.wording import normalised

LOOK_EVERY, READ_EVERY = 0.1, 1.0  # seconds
THREAD = "headroom-performance"

_log = logging.getLogger(__name__)
_thread: threading.Thread | None = None
_seen: set[int] = set()
each_second: list[Callable[[], None]] = []
"""Called aside from any request; they must be quick."""


def watch(record: Record | None = None) -> None:
    """Begin, once for a process, with its first request; not if the settings ask for none of it."""
    global _thread
    settings = headroom()
    if _thread is None and (
        settings.performance_stack_seconds or settings.performance_keep_seconds or each_second
    ):
        _thread = threading.Thread(target=_look_for_good, name=THREAD, daemon=True)
        _thread.start()


def look() -> list[dict[str, object]]:
    """Tell once of each request that runs for longer than ``PERFORMANCE_STACK_SECONDS``, and return what was told."""
    bound, now = headroom().performance_stack_seconds, time.perf_counter()
    there = list(recording.running)
    _seen.intersection_update({id(record) for record in there})
    late = [each for each in there if now - each.began >= bound > 0 and id(each) not in _seen]
    told = [line for each in late if (line := _line_of(each, now)) is not None]
    _seen.update(id(each) for each in late)
    for line in told:
        _log.warning("%(kind)s %(route)s runs for %(running_ms)d ms, in %(culprit)s", line)
        if path := headroom().performance_socket:
            telling.send(path, line)
    return told


def _line_of(record: Record, now: float) -> dict[str, object] | None:
    frames = (
        frames_of_task(record.task)
        if record.task is not None
        else list(frames_from(sys._current_frames().get(record.thread)))
    )
    asking = record.asking
    if record not in recording.running:
        return None  # it has ended meanwhile: the frames are another's
    return {
        "kind": f"slow {record.kind}",
        "route": record.route,
        "release": headroom().release,
        "running_ms": round((now - record.began) * 1000),
        "culprit": place_in(iter(frames)),
        "statement": f"{asking[0]}: {normalised(str(asking[1]))}" if asking else "",
        **({"trace_id": record.trace_id} if record.trace_id else {}),
        "stack": [written(frame) for frame in frames[:FRAMES_MOST]],
    }


def _look_for_good() -> None:
    keep = import_module(
        f"{__package__}.keeping"
    ).flush  # models may not have been ready when this was imported
    kept_at = read_at = time.monotonic()
    while True:
        time.sleep(LOOK_EVERY)
        look()
        if time.monotonic() >= read_at + READ_EVERY:
            read_at = time.monotonic()
            for read in each_second:
                read()
        if time.monotonic() >= kept_at + (headroom().performance_keep_seconds or inf):
            kept_at = time.monotonic()
            try:
                keep()
            except (DatabaseError, InterfaceError) as error:
                _log.warning("What requests have cost cannot be written down just now: %s", error)
            connections.close_all()


def _begin_afresh() -> None:
    global _thread
    _thread = None
    _seen.clear()
    recording.running.clear()


os.register_at_fork(after_in_child=_begin_afresh)
