"""A file beside the processes of one machine, to which each increment is one appended line.

A line outlives the process that wrote it. The file is taken away by renaming it, under the lock that every writer
takes; so a line is in one file, whole, and no process need keep it open.
"""

import fcntl
import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

logger = logging.getLogger(__name__)

LIVE, TURN, MOVED = "live", "turn", ".moved"


class Place(NamedTuple):
    """What is counted: a column of one row in one database."""

    alias: str
    model: str
    column: str
    pk: int


def append(folder: Path, amounts: Mapping[Place, int]) -> None:
    """Write increments down.

    Raises:
        OSError: they could not be written, and nothing of them is there.
    """
    # Begins with a line break: what a process left unfinished when it was killed is a line of its own.
    lines = "".join(f"\n{json.dumps([*place, by])}\n" for place, by in amounts.items()).encode()
    with _live(folder) as file:
        size = os.fstat(file).st_size
        if os.write(file, lines) < len(lines):
            os.ftruncate(file, size)
            raise OSError(f"The disk of {folder} is full.")


@contextmanager
def turn(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Be the only one of this machine that takes files away; False if somebody else is, and ``wait`` is not said."""
    file = os.open(folder / TURN, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(file)
        yield False
        return
    try:
        yield True
    finally:
        os.close(file)  # gives the lock back; so does the death of the process


def move_aside(folder: Path) -> None:
    """Give the file a name of its own, by which it can be taken in once; the next line begins a new one."""
    with _live(folder) as file:
        if os.fstat(file).st_size:
            os.rename(folder / LIVE, folder / f"{uuid4().hex}{MOVED}")


def moved(folder: Path) -> dict[UUID, Path]:
    """The files that wait to be taken in; one that is there before anything was moved is of a process that died."""
    return {UUID(file.stem): file for file in sorted(folder.glob(f"*{MOVED}"))}


def remove(file: Path) -> None:
    """Remove a file so that it stays away, also if the power fails now."""
    file.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sums(files: Iterable[Path]) -> Counter[Place]:
    """The increments of files, added up by place."""
    found: Counter[Place] = Counter()
    for file in files:
        for line in file.read_bytes().splitlines() if file.exists() else ():
            if line:
                try:
                    *place, by = json.loads(line)
                    found[Place(*place)] += by
                except (ValueError, TypeError):
                    logger.warning("A line of %s was left unfinished, and is left out.", file.name)
    return found


@contextmanager
def _live(folder: Path) -> Iterator[int]:
    """The file that is written to, locked; opened again if it was taken away while we waited for the lock."""
    path = folder / LIVE
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
