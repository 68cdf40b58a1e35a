"""What this process has counted and not brought to the store yet: sums by kind, and a few errors whole.

While nothing fails nothing runs. The first error starts a clock, a thread that rings once. What the store does not take
waits in memory: the sums all, of the whole ones the latest. A process that ends leaves them in a file, for the next.
"""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, connections

from django_headroom.conf import headroom
from django_headroom.operations.errors.kinds import Kind
from django_headroom.operations.errors.travelling.batches import Batch, Sum, take_up, write

MOST_KINDS = 5_000
MOST_BODIES = 50
BODIES_A_MINUTE = 60
PATIENCE = 30.0  # seconds between two tries at most, while the store does not answer
UNLIKE = Kind("1:unlike", "More kinds of errors than are kept", "")

logger = logging.getLogger(__name__)


class _Waiting:
    """What waits in this process."""

    def __init__(self) -> None:
        self.sums: dict[str, Sum] = {}
        self.drafts: deque[Callable[[], None]] = deque(maxlen=MOST_BODIES)
        self.bodies: deque[dict[str, Any]] = deque(maxlen=MOST_BODIES)
        self.leaving: Batch | None = None  # what the store was sent and has not acknowledged
        self.seen: dict[str, tuple[int, int]] = {}  # of each kind, the hour and how often in it
        self.bodies_left, self.minute = BODIES_A_MINUTE, 0
        self.clock: threading.Timer | None = None
        self.failures = 0
        self.lock = threading.Lock()  # of all above; not held while anything is sent
        self.sending = threading.Lock()


_waiting = _Waiting()


def count(
    kind: Kind, sum_of: Callable[[], Sum], *, person: str = "", tenant: str = "", times: int = 1
) -> bool:
    """Count an error, or one that stands for many of its kind, whatever else becomes of it.

    Returns:
        Whether this one is to be kept whole: of each kind the first in an hour, the second, the fourth, the eighth and
        so on, and no more than 60 in a minute.
    """
    now = time.time()
    with _waiting.lock:
        fingerprint = kind.fingerprint
        if fingerprint not in _waiting.sums and len(_waiting.sums) >= MOST_KINDS:
            fingerprint, sum_of = UNLIKE.fingerprint, lambda: Sum(UNLIKE.title, UNLIKE.culprit, "")
        found = _waiting.sums.get(fingerprint)
        if found is None:
            found = _waiting.sums[fingerprint] = sum_of()
            found.first_at = now
        found.note(now, person, tenant, times)
        is_kept = _is_kept(fingerprint, now)
    if _waiting.clock is None:
        _start_clock()
    return is_kept


def keep(draft: Callable[[], None]) -> None:
    """Have an error written out whole when the clock rings, not while somebody waits for its answer."""
    _waiting.drafts.append(draft)


def keep_body(body: dict[str, Any]) -> None:
    """Send an error, as it is written out, with the next sums."""
    _waiting.bodies.append(body)


def flush(store: Callable[[Batch], None]) -> int:
    """Bring what has been counted to the store, and what a process has left in a file.

    Returns:
        How many errors the store has taken in.

    Raises:
        DatabaseError, InterfaceError: the store does not take it; it waits on.
    """
    with _waiting.sending:
        while _waiting.drafts:
            _waiting.drafts.popleft()()
        taken = 0
        for _ in range(2):  # what was on its way, and what has come since
            taken += _send(store)
        return taken + take_up(_folder(), store)


def set_sender(store: Callable[[Batch], None]) -> None:
    """What the clock and the end of the process call."""
    global _store
    _store = store


def _nowhere(batch: Batch) -> None:
    raise InterfaceError("The application of errors has not started.")


_store: Callable[[Batch], None] = _nowhere


def _send(store: Callable[[Batch], None]) -> int:
    with _waiting.lock:
        if _waiting.leaving is None:
            if not _waiting.sums and not _waiting.bodies:
                return 0
            sums, _waiting.sums = _waiting.sums, {}
            bodies = [_waiting.bodies.popleft() for _ in range(len(_waiting.bodies))]
            _waiting.leaving = Batch(sums, bodies)
        batch = _waiting.leaving
    counted = batch.total()
    store(batch)
    _waiting.leaving = None
    return counted


def _is_kept(fingerprint: str, now: float) -> bool:
    hour, minute = int(now // 3_600), int(now // 60)
    if minute != _waiting.minute:
        _waiting.minute, _waiting.bodies_left = minute, BODIES_A_MINUTE
    if len(_waiting.seen) > MOST_KINDS:
        _waiting.seen.clear()
    at, times = _waiting.seen.get(fingerprint, (hour, 0))
    times = times + 1 if at == hour else 1
    _waiting.seen[fingerprint] = (hour, times)
    is_kept = times & (times - 1) == 0 and _waiting.bodies_left > 0
    _waiting.bodies_left -= is_kept
    return is_kept


def _start_clock() -> None:
    seconds = headroom().errors_seconds
    if not seconds:
        return
    with _waiting.lock:
        if _waiting.clock is None:
            clock = threading.Timer(min(seconds * 2**_waiting.failures, max(seconds, PATIENCE)), _ring)
            clock.name, clock.daemon = "headroom-errors", True  # at the end of the process see leave()
            clock.start()
            _waiting.clock = clock


def _ring() -> None:
    with _waiting.lock:
        _waiting.clock = None
    try:
        flush(_store)
        _waiting.failures = 0
    except (DatabaseError, InterfaceError, OSError) as error:
        _waiting.failures = min(_waiting.failures + 1, 8)
        logger.warning("Errors that were counted wait, for their store does not take them: %s", error)
        _start_clock()
    finally:
        connections.close_all()


def leave() -> None:
    """At the end of the process: what the store does not take at once goes into a file.

    Python calls it, but not in a process that ``multiprocessing`` has forked: there call it yourself.
    """
    if not headroom().errors_seconds:
        return
    try:
        flush(_store)
    except (DatabaseError, InterfaceError, OSError):
        write_down()


def write_down() -> None:
    """Leave what waits in a file of its own in ``ERRORS_FOLDER``, from where any process takes it up."""
    folder = _folder()
    if folder is None:
        return
    sums, bodies = dict(_waiting.sums), list(_waiting.bodies)
    for batch in (_waiting.leaving, Batch(sums, bodies)):
        if batch is not None and (batch.sums or batch.bodies):
            write(batch, folder)


def _folder() -> Path | None:
    named = headroom().errors_folder
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _begin_anew() -> None:
    """In a forked process: what its parent has counted is the parent's to bring."""
    global _waiting
    _waiting = _Waiting()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(leave)
