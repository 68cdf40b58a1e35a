"""An open loop of readers, by paced.c: nothing in Debian sends at a fixed rate and counts the wait as latency.

wrk and siege are closed loops; ``h2load --rps`` and ``hey -q`` hold back when they are behind, and time a request from
when it was sent; wrk2, vegeta and k6 are not packaged; npm's autocannon corrects its figures, but takes a core of two.
"""

import gzip
import os
import resource
import shutil
import subprocess
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("paced.c")
CONNECTIONS = 128


class NoCompiler(Exception):
    """There is no C compiler; on Debian, as root: apt-get install gcc libc6-dev."""


class Generator(NamedTuple):
    """The program, and its connections: what falls due while all of them wait for an answer waits for one."""

    program: Path
    connections: int


@dataclass(frozen=True)
class Paced:
    """What came of a run: milliseconds from when each was due to its whole answer, in order; some answers."""

    due: int
    otherwise: int
    never: int
    milliseconds: list[float]
    samples: list[tuple[int, bytes]]  # line of the path, whole answer
    own_us: float

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of all requests that were due was answered; endless where it was not."""
        place = int(share * self.due)
        return self.milliseconds[place] if place < len(self.milliseconds) else float("inf")


def compile_into(folder: Path, connections: int = CONNECTIONS) -> Generator:
    """The program, compiled.

    Raises:
        NoCompiler
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompiler(NoCompiler.__doc__)
    program = folder / "paced"
    subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE), "-lm"], check=True)
    return Generator(program, connections)


def read_paced(
    generator: Generator, port: int, paths: Path, *, rate: float, seconds: float, hot: int = 0
) -> Paced:
    """Let requests fall due at this rate for some seconds, and wait for their answers."""
    program = generator.program
    taken, samples = program.with_name("taken"), program.with_name("samples")
    line = [program, port, rate, seconds, generator.connections, paths, hot, taken, samples]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(each) for each in line], check=False, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stderr)
    due, _, otherwise, never = map(int, done.stdout.split())
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Paced(
        due, otherwise, never, _milliseconds(taken), list(_samples(samples)), 1e6 * own / max(1, due)
    )


def unpacked(answer: bytes) -> bytes:
    """The body of a whole answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body


def _milliseconds(file: Path) -> list[float]:
    taken = array("I")
    with open(file, "rb") as kept:
        taken.fromfile(kept, os.path.getsize(file) // taken.itemsize)
    return [microseconds / 1_000 for microseconds in sorted(taken)]


def _samples(file: Path) -> Iterator[tuple[int, bytes]]:
    with open(file, "rb") as kept:
        while line := kept.readline():
            path, length = map(int, line.split())
            yield path, kept.read(length)
