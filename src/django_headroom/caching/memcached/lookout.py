"""The one thread of a process that looks after nodes that are away; while all are here there is none."""

import threading
import time
from collections.abc import Sequence

from django_headroom.caching.memcached.nodes import Node


class Lookout:
    """Looks at each node that is away when its time has come."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def begin(self) -> None:
        """A node has gone away."""
        with self._changed:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(
                    target=self._look_after_them, name="headroom-cache-lookout", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Look no more."""
        with self._changed:
            self._is_closed, thread = True, self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()

    def _look_after_them(self) -> None:
        while self._wait():
            for node in self._nodes:
                absence = node.absence
                if absence is not None and absence.next_look_at <= time.monotonic():
                    node.look()

    def _wait(self) -> bool:
        """Till the next look; whether there is one."""
        with self._changed:
            while not self._is_closed:
                absences = [absence for node in self._nodes if (absence := node.absence)]
                if not absences:
                    break
                seconds = min(absence.next_look_at for absence in absences) - time.monotonic()
                if seconds <= 0:
                    return True
                self._changed.wait(seconds)
            self._thread = None
            return False
