"""How long it takes until another release serves, forth and back, and how many requests fail meanwhile."""

import tempfile
import time
from pathlib import Path

from bench.rig.reading.rounds import Book
from bench.rig.sites import site_on
from tests.stories.upgrading.machines import Machine, machine_of_releases

ROUNDS = 5


def measure(book: Book) -> None:
    """Read and write through HAProxy without a pause; meanwhile switch and revert again and again."""
    with (
        tempfile.TemporaryDirectory(prefix="descant-bench-") as folder,
        site_on("postgresql", Path(folder)) as site,
        machine_of_releases(Path(folder), site.environment, site.public_key()) as machine,
    ):
        Path(folder).chmod(0o755)
        taken = _take_turns(machine)
    for name, seconds in taken.items():
        book.note_runs(f"team.{name}_s", seconds)
    book.note("team.revert_failed_requests", len(machine.faults))
    book.note("team.revert_requests", machine.read + len(machine.written))
    for fault in machine.faults:
        print(fault)


def _take_turns(machine: Machine) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {"switch": [], "revert": []}
    machine.release("switch", "one")
    with machine.people():
        for _round in range(ROUNDS):
            for name, words in (("switch", ["switch", "two"]), ("revert", ["revert"])):
                machine.wait_for_more()
                began = time.monotonic()
                done = machine.release(*words)
                assert done.returncode == 0, done.stderr
                taken[name].append(time.monotonic() - began)
        machine.wait_for_more()
    return taken
