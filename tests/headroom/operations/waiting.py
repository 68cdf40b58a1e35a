"""Waiting for what another thread or process does, generously."""

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds; on a busy machine everything takes ten times as long


def comes_true(condition: Callable[[], object]) -> bool:
    """Whether something comes true before anybody loses patience."""
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
