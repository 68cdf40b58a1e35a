"""A closed loop of readers: each asks again when it is answered. It is wrk, with a script that draws the threads."""

import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.rig.reading.processes import processor_seconds
from bench.rig.reading.rounds import Book

CONNECTIONS, WRK_THREADS = 64, 2


@dataclass(frozen=True)
class Closed:
    """What came of a run; ``faults`` are answers that were no 200 or did not come."""

    rate: float
    faults: int
    p50_ms: float
    p99_ms: float
    own_us: float  # processor time of the generator for each request
    server_us: float = 0.0  # … of the server


def read_closed(
    port: int,
    paths: Path,
    *,
    hot: int = 0,
    seconds: float = 8,
    connections: int = CONNECTIONS,
    server: int = 0,
) -> Closed:
    """Read for some seconds; ``server`` is the process whose processor time, with its descendants', is told."""
    before = processor_seconds(server) if server else 0.0
    own = _children_seconds()
    threads = min(WRK_THREADS, connections)
    line = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s"]
    line += [
        "-s",
        str(Path(__file__).with_name("draw.lua")),
        f"http://127.0.0.1:{port}",
        "--",
        str(paths),
        str(hot),
    ]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    served = processor_seconds(server) - before if server else 0.0
    return parsed(done.stdout, own_seconds=_children_seconds() - own, server_seconds=served)


def parsed(said: str, *, own_seconds: float, server_seconds: float = 0.0) -> Closed:
    """The last line that draw.lua prints.

    Raises:
        RuntimeError: wrk has not come to its end.
    """
    lines = [line for line in said.splitlines() if line.startswith("drawn ")]
    if not lines:
        raise RuntimeError(f"wrk said: {said}")
    requests, microseconds, faults, p50, p99 = map(int, lines[-1].split()[1:])
    each = 1e6 / max(1, requests)
    return Closed(
        rate=(requests - faults) / microseconds * 1e6,
        faults=faults,
        p50_ms=p50 / 1_000,
        p99_ms=p99 / 1_000,
        own_us=own_seconds * each,
        server_us=server_seconds * each,
    )


def note_closed(book: Book, name: str, runs: list[Closed]) -> None:
    """Rates and what goes with them; none, if an answer was wrong or missing."""
    faults = sum(run.faults for run in runs)
    if faults:
        book.missing[f"{name}_rps"] = f"{faults} requests were not answered with 200"
        return
    book.note_runs(f"{name}_rps", [run.rate for run in runs])
    book.note_runs(f"{name}_p99_ms", [run.p99_ms for run in runs])
    book.note_runs(f"{name}_generator_us", [run.own_us for run in runs])
    if any(run.server_us for run in runs):
        book.note_runs(f"{name}_server_us", [run.server_us for run in runs])


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
