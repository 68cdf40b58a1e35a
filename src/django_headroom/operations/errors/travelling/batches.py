"""Sums and whole errors on their way to the store: what they are, and how they wait in files."""

import contextlib
import fcntl
import json
import logging
import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOUCHED_MOST = 1_000

logger = logging.getLogger(__name__)


@dataclass
class Sum:
    """How often a kind was counted, when, and whom it touched."""

    title: str
    culprit: str
    message: str
    project: str = ""
    release: str = ""
    first_at: float = 0.0
    last_at: float = 0.0
    hours: Counter[int] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    tenants: set[str] = field(default_factory=set)

    def note(self, now: float, person: str, tenant: str, times: int = 1) -> None:
        self.last_at = now
        self.hours[int(now // 3_600)] += times
        for key, keys in ((person, self.people), (tenant, self.tenants)):
            if key and len(keys) < TOUCHED_MOST:
                keys.add(key)


@dataclass
class Batch:
    """Sums and whole errors on their way to the store, under a number by which they are taken in once."""

    sums: dict[str, Sum]
    bodies: list[dict[str, Any]]
    number: uuid.UUID = field(default_factory=uuid.uuid4)

    def total(self) -> int:
        """How many errors were counted in it."""
        return sum(each.hours.total() for each in self.sums.values())


def write(batch: Batch, folder: Path) -> None:
    """Leave a batch in a file, from where any process takes it up."""
    file = folder / f"{batch.number.hex}.new"
    file.write_text(json.dumps(_plain(batch)), encoding="utf-8")
    file.rename(file.with_suffix(".json"))


def take_up(folder: Path | None, store: Callable[[Batch], None]) -> int:
    """Bring what processes have left in files to the store.

    Returns:
        How many errors the store has taken in.
    """
    taken = 0
    for file in sorted(folder.glob("*.json")) if folder else ():
        with _alone_at(file) as is_there:
            taken += _take(file, store) if is_there else 0
    return taken


def _take(file: Path, store: Callable[[Batch], None]) -> int:
    try:
        batch = _batch(uuid.UUID(file.stem), json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError):
        logger.warning("%s cannot be read, and is laid aside.", file.name)
        file.rename(file.with_suffix(".bad"))
        return 0
    counted = batch.total()
    try:
        store(batch)
    except BaseException:
        write(batch, file.parent)  # without what was taken of it
        raise
    file.unlink(missing_ok=True)
    return counted


@contextlib.contextmanager
def _alone_at(file: Path) -> Iterator[bool]:
    """Hold a file, so that no two processes send what is in it; whether it is there and no other holds it."""
    try:
        held = open(file, "rb")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        yield False
        return
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = os.fstat(held.fileno()).st_nlink > 0
        except BlockingIOError:
            is_there = False
        yield is_there


def _plain(batch: Batch) -> dict[str, Any]:
    sums = {
        name: {**vars(each), "people": sorted(each.people), "tenants": sorted(each.tenants)}
        for name, each in batch.sums.items()
    }
    return {"sums": sums, "bodies": batch.bodies}


def _batch(number: uuid.UUID, plain: dict[str, Any]) -> Batch:
    sums = {}
    for name, each in plain["sums"].items():
        hours = Counter({int(hour): by for hour, by in each.pop("hours").items()})
        people, tenants = set(each.pop("people")), set(each.pop("tenants"))
        sums[name] = Sum(**each, hours=hours, people=people, tenants=tenants)
    return Batch(sums, plain["bodies"], number)
