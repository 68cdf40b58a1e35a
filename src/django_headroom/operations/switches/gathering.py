"""What all processes have felt of guarded features, added up where switches are kept: one alone may feel too little."""

import secrets
import time
from typing import Any

from django_headroom.operations.switches import guarding
from django_headroom.operations.switches.guarding import WINDOW, Sum

TELL_EVERY = 2.0  # seconds, and only while something new was felt
KEPT = 3_600.0  # seconds; the rows of processes that have ended go after that

_NOW = {
    "postgresql": "extract(epoch FROM clock_timestamp())",
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
}
_TELL = """
    INSERT INTO switches_felt (switch, process, version, calls, errors, slow, told_at)
    VALUES (%s, %s, %s, %s, %s, %s, {now})
    ON CONFLICT (switch, process) DO UPDATE SET
        version = excluded.version, calls = excluded.calls, errors = excluded.errors,
        slow = excluded.slow, told_at = excluded.told_at
"""
_SUMS = """
    SELECT switch, version, sum(calls), sum(errors), sum(slow), count(*) FROM switches_felt
    WHERE told_at > {now} - %s GROUP BY switch, version
"""
_SWEEP = "DELETE FROM switches_felt WHERE told_at < {now} - %s"


class Gathering:
    """What one process tells the others of, and what it hears of them."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(8)
        self._told: dict[str, Sum] = {}
        self._next_at = 0.0

    def gather(self, connection: Any) -> None:
        """Tell what was felt here since, and judge what was felt everywhere.

        Raises:
            Error: the database cannot be asked.
        """
        felt = guarding.sums()
        guarding.judge(felt)
        news = {name: each for name, each in felt.items() if self._told.get(name) != each}
        if not news or connection is None or time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + TELL_EVERY
        now = _NOW[connection.vendor]
        with connection.cursor() as cursor:
            for name, each in news.items():
                said = [name, self._process, each.version, each.calls, each.errors, each.slow]
                cursor.execute(_TELL.format(now=now), said)
            cursor.execute(_SWEEP.format(now=now), [KEPT])
            cursor.execute(_SUMS.format(now=now), [WINDOW])
            rows = [(name, Sum(version, *map(int, counts))) for name, version, *counts in cursor.fetchall()]
        self._told |= news
        for name, found in rows:  # by several turns, of which one stands
            guarding.judge({name: found})
