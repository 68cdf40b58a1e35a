"""Processes of their own: begun by a fork, with their own connections, and looked at when they have ended."""

import os
from collections.abc import Callable

from django.db import connections


def in_a_process(act: Callable[[], object]) -> int:
    """Begin a process of its own, with connections of its own; it ends without a word to anybody."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    return pid


def ended_by_kill(pid: int) -> bool:
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def has_ended(pid: int) -> bool:
    found, status = os.waitpid(pid, os.WNOHANG)
    assert status == 0
    return found == pid
