"""Starting processes of that site, and having them do something."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PACKAGE = __package__ or ""


class Process:
    """One process, at work until its block is left."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self.running = running

    def does(self, act: str, given: Any = "") -> Any:
        """What it answers when it has done that."""
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write(json.dumps({act: given}) + "\n")
        self.running.stdin.flush()
        return json.loads(self.running.stdout.readline())

    def kill(self) -> None:
        """At once, without a word of farewell."""
        self.running.kill()
        self.running.wait()

    def end(self) -> str:
        """In order; gives what it has said in its log."""
        return self.running.communicate(timeout=300)[1]


@contextmanager
def at_work(**told: str) -> Iterator[Process]:
    environment = {**os.environ, **told, "DJANGO_SETTINGS_MODULE": f"{PACKAGE}.settings"}
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", f"{PACKAGE}.at_work"]
    with subprocess.Popen(
        command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as running:
        try:
            yield Process(running)
        finally:
            running.kill()
