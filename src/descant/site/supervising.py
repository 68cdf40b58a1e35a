"""Keeps programs running: begins them, begins again those that die, and ends them all when asked to leave."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

WATCHMAN = Path(__file__).with_name("watchman.py")
PATIENCE = 10.0  # seconds that programs get to finish what they are doing
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a program that died is begun again; doubled each time
A_GOOD_RUN = 60.0  # seconds after which a program's earlier deaths are forgotten


@dataclass
class Program:
    """One program to keep running: what it is called in messages, and its command."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = FIRST_PAUSE
    begin_at: float = 0.0

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """The programs of one site.

    Each program gets a process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone and the
    programs end in order; and so that a program's orphans can be found when it dies.
    """

    programs: list[Program]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    leaving: threading.Event = field(default_factory=threading.Event)
    deaths: int = 0
    asked_by: str = ""

    def __enter__(self) -> Self:
        self.watchman = subprocess.Popen(
            [sys.executable, "-I", "-S", str(WATCHMAN)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
                signal.signal(number, self.leave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end_all()
        if self.watchman.stdin is not None:
            self.watchman.stdin.close()
        self.watchman.wait()

    def leave(self, number: int, frame: FrameType | None) -> None:
        """The answer to a signal: note it, and let whoever waits for `leaving` do the rest."""
        self.asked_by = signal.Signals(number).name
        self.leaving.set()

    def look(self) -> None:
        """Begin what is due to begin; note what has died, and when it is begun again."""
        now = time.monotonic()
        for program in self.programs:
            if program.is_running():
                continue
            if program.process is not None:
                self.bury(program, now)
            if program.begin_at <= now and not self.leaving.is_set():
                self.begin(program)

    def begin(self, program: Program) -> None:
        program.process = subprocess.Popen(
            program.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        program.began = time.monotonic()
        self.tell_watchman(f"+{program.process.pid}")

    def bury(self, program: Program, now: float) -> None:
        """Note a program's death: clear away what it left, and set the time of its next beginning."""
        process = program.process
        assert process is not None
        end_group(process.pid, signal.SIGKILL)
        self.tell_watchman(f"-{process.pid}")
        program.process = None
        self.deaths += 1
        if now - program.began > A_GOOD_RUN:
            program.pause = FIRST_PAUSE
        program.begin_at = now + program.pause
        if not self.leaving.is_set():
            again = f"it begins again in {program.pause:g} s"
            self.say(f"The {program.name} ended ({how_it_ended(process.returncode)}); {again}.")
        program.pause = min(program.pause * 2, LONGEST_PAUSE)

    def end_all(self) -> None:
        """Ask every program to end, wait ten seconds in all, then end what is left."""
        running = [program.process for program in self.programs if program.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
            finally:
                end_group(process.pid, signal.SIGKILL)
        for process in running:
            process.wait()
            self.tell_watchman(f"-{process.pid}")
        for program in self.programs:
            program.process = None

    def tell_watchman(self, line: str) -> None:
        pipe = self.watchman.stdin
        assert pipe is not None
        try:
            pipe.write(f"{line}\n".encode())
            pipe.flush()
        except BrokenPipeError:
            return  # the watchman was killed; the programs go on, and end with us as long as we are asked


def end_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left in it


def how_it_ended(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"exit code {code}"
