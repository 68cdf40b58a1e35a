"""Ends the programs of a supervisor that died without a word (kill -9): run as a file, it needs nothing but Python.

The supervisor holds the other end of the pipe on our standard input and writes there which process groups it has
begun (`+123`) and which it has seen end (`-123`). When the pipe closes, whatever is left is asked to end, and after
ten seconds made to. This works on every system with pipes and process groups; no system call of one kernel is needed.
"""

import os
import signal
import sys
import time

PATIENCE = 10.0  # seconds


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # what ends the supervisor must not end its watchman first
    left: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            left.add(group)
        else:
            left.discard(group)
    send_to(left, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and (left := {group for group in left if is_alive(group)}):
        time.sleep(0.1)
    send_to(left, signal.SIGKILL)


def send_to(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            continue


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
