"""Programs are kept running, and end with their supervisor however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from descant.site import supervising
from descant.site.supervising import Program, Supervisor

PYTHON = [sys.executable, "-S", "-c"]
SLEEPS = [*PYTHON, "import time; time.sleep(60)"]
DIES = [*PYTHON, "raise SystemExit(3)"]
STUBBORN = [
    *PYTHON,
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]
# Begins a program, says its number, and is killed before it can say anything more.
KILLED = """
import os, signal, sys
from descant.site.supervising import Program, Supervisor
with Supervisor([Program("sleeper", sys.argv[1:])], os.environ, print) as supervisor:
    supervisor.look()
    print(supervisor.programs[0].process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, answer in zip(numbers, before, strict=True):
        signal.signal(number, answer)


def test_a_program_that_died_begins_again_after_a_growing_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.05)
    said: list[str] = []
    program = Program("worker", DIES, pause=0.05)
    with Supervisor([program], os.environ, said.append) as supervisor:
        look_until(supervisor, lambda: supervisor.deaths == 3)
    assert said[0] == "The worker ended (exit code 3); it begins again in 0.05 s."
    assert said[2].endswith("it begins again in 0.2 s.")


def test_leaving_ends_every_program() -> None:
    programs = [Program("one", SLEEPS), Program("two", SLEEPS)]
    with Supervisor(programs, os.environ, print) as supervisor:
        supervisor.look()
        numbers = [number_of(program) for program in programs]
        os.kill(os.getpid(), signal.SIGTERM)
        assert supervisor.leaving.wait(5)
    assert supervisor.asked_by == "SIGTERM"
    assert not any(is_alive(number) for number in numbers)


def test_a_program_deaf_to_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "PATIENCE", 0.5)
    program = Program("deaf", STUBBORN)
    with Supervisor([program], os.environ, print) as supervisor:
        supervisor.look()
        number = number_of(program)
        time.sleep(0.5)  # until it is deaf
    assert not is_alive(number)


def test_programs_end_when_their_supervisor_is_killed() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *SLEEPS], capture_output=True, text=True, timeout=30, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    number = int(killed.stdout)
    deadline = time.monotonic() + 15
    while is_alive(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(number)


def look_until(supervisor: Supervisor, done: object) -> None:
    assert callable(done)
    deadline = time.monotonic() + 15
    while not done() and time.monotonic() < deadline:
        supervisor.look()
        time.sleep(0.02)
    assert done()


def number_of(program: Program) -> int:
    assert program.process is not None
    return program.process.pid


def is_alive(number: int) -> bool:
    """Whether it runs; one that has ended and waits to be struck out does not."""
    asked = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False
    )
    return bool(asked.stdout.strip()) and not asked.stdout.startswith("Z")
