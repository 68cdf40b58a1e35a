"""How soon a worker tells what is said, how many a second, beside a flood, and how large the table stays meanwhile."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connections

from django_headroom.delayed.models import Event, Lane
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.working.looping import Rest, Worker, no_rest
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.people.models import Person
from tests.headroom.market.processes import ended_by_kill, in_a_process
from tests.headroom.market.shops.models import Shop

AT = "p1"
SAID, PAUSES = 110, (0.32, 0.38)  # a worker lies down after 0.3 seconds in which nothing came
WRITTEN, ROUNDS = 300, 5
QUEUED, QUEUED_ONCE = 10_000, 2_000
FLOOD, FLOOD_SHOPS, STEP = 100_000, 50, 5_000
# A worker on SQLite looks ten times a second: of a thousand delays the median is sure to three milliseconds.
URGENT, URGENT_PAUSES, URGENT_TURNS = 250, (0.02, 0.05), 4
MINUTES, A_SECOND, TOGETHER = int(os.environ.get("MINUTES") or 5), 1_000, 20
PARTS = 5
PATIENCE = 120.0


def idle(folder: Path) -> dict[str, float]:
    """Milliseconds from a transaction's saying to the receiver, of a worker that sleeps."""
    heard, said = _noting(folder, "said", "low")
    with _worker():
        for _ in range(SAID):
            time.sleep(random.uniform(*PAUSES))
            _say(said)
        _until_all_are_heard()
    return _percentiles("idle", _milliseconds(heard))


def rates(folder: Path) -> dict[str, float]:
    """Events a second: said, each with a row in a transaction of its own; told, and told once in a database."""
    shop = Shop.objects.create(name="bakery", partition=AT)
    said = DelayedSignal("said", schema=1)
    said.connect(lambda data: None, dispatch_uid="nothing")
    spent = {False: 0.0, True: 0.0}
    for _ in range(ROUNDS):
        for is_said in spent:
            spent[is_said] += _write(shop, said if is_said else None)
    Event.objects.using(AT).all().delete()
    out = _told_per_second(said, QUEUED)
    said.connect(lambda data: Person.objects.create(name="Ann"), dispatch_uid="nothing", once_at="people")
    return {
        "in_per_s": WRITTEN * ROUNDS / spent[True],
        "in_over_without": spent[True] / spent[False],
        "out_per_s": out,
        "out_once_per_s": _told_per_second(said, QUEUED_ONCE),
    }


def beside_a_flood(folder: Path) -> dict[str, float]:
    """What is urgent, alone and while a hundred thousand that are not are told, also by a worker that rests."""
    heard, urgent = _noting(folder, "urgent", "high")
    bulky = DelayedSignal("bulky", schema=1, tenant="shop_id")
    bulky.connect(lambda data: None, dispatch_uid="bulky", queue="bulk")
    ways = {
        "alone": (no_rest, 0),
        "beside_flood": (no_rest, FLOOD),
        "beside_flood_rested": (_as_on_a_busy_machine, FLOOD),
    }
    delays: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, float] = {}
    for _ in range(URGENT_TURNS):
        for name, (rest, flood) in ways.items():
            heard.unlink(missing_ok=True)
            _queue(bulky, flood)
            with _worker(rest):
                for _ in range(URGENT):
                    time.sleep(random.uniform(*URGENT_PAUSES))
                    _say(urgent)
                _until(lambda: not Event.objects.using(AT).filter(lane=Lane.HIGH).exists())
                left = Event.objects.using(AT).count()
            delays[name] += _milliseconds(heard)
            if flood:
                least = f"high_{name}_flood_left"
                found[least] = min(left, found.get(least, left))
            Event.objects.using(AT).all().delete()
    for name, taken in delays.items():
        found |= _percentiles(f"high_{name}", sorted(taken))
    for name in ("beside_flood", "beside_flood_rested"):
        found[f"high_{name}_over_alone"] = found[f"high_{name}_p50_ms"] / found["high_alone_p50_ms"]
    return found


def sustained(folder: Path) -> dict[str, float]:
    """A thousand a second for some turns of autovacuum, which comes each minute and lets a table grow no more.

    Of five parts of the time, minutes if it is not said otherwise, the largest size is told.
    """
    heard, said = _noting(folder, "said", "low")
    sizes, waiting = [], 0
    with _worker(), _process(lambda: _say_on(said)):
        for _ in range(MINUTES * 60):
            time.sleep(1)
            with connections[AT].cursor() as cursor:
                cursor.execute("SELECT pg_total_relation_size('delayed_event')")
                sizes.append(cursor.fetchone()[0] / 1_024)
            waiting = max(waiting, Event.objects.using(AT).count())
    told, part = _milliseconds(heard), MINUTES * 60 // PARTS
    return {
        "sustained_per_s": len(told) / (MINUTES * 60),
        "sustained_waiting_most": waiting,
        "sustained_minutes": MINUTES,
        **{
            f"sustained_table_kb_{each + 1}_of_{PARTS}": max(sizes[each * part :][:part])
            for each in range(PARTS)
        },
        **_percentiles("sustained", told),
    }


def _as_on_a_busy_machine(took: float, is_full: bool) -> float:
    """As `descant worker` rests: a fifth of the time is its own."""
    return min(5.0, took * 4) if is_full else 0.25


def _noting(folder: Path, name: str, queue: str) -> tuple[Path, DelayedSignal]:
    """A signal whose receiver adds to a file how long ago it was said."""
    file = folder / name

    def note(data: dict[str, Any]) -> None:
        with open(file, "ab", buffering=0) as written:
            written.write(f"{time.monotonic() - data['began']}\n".encode())

    signal = DelayedSignal(name, schema=1)
    signal.connect(note, dispatch_uid=name, queue=queue)
    return file, signal


def _say(signal: DelayedSignal) -> None:
    with writing(AT):
        signal.say(at=AT, began=time.monotonic())


def _say_on(signal: DelayedSignal) -> None:
    began, number = time.monotonic(), 0
    while True:
        Event.objects.using(AT).bulk_create([signal.event(began=time.monotonic()) for _ in range(TOGETHER)])
        number += TOGETHER
        time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))


def _write(shop: Shop, said: DelayedSignal | None) -> float:
    began = time.monotonic()
    for _ in range(WRITTEN):
        with writing(shop):
            Item.objects.of(shop).create(name="rye")
            if said is not None:
                said.say(at=shop, name="rye")
    return time.monotonic() - began


def _told_per_second(said: DelayedSignal, count: int) -> float:
    _queue(said, count)
    with _worker():
        began = time.monotonic()
        _until_all_are_heard()
        return count / (time.monotonic() - began)


def _queue(signal: DelayedSignal, count: int) -> None:
    for first in range(0, count, STEP):
        rows = [signal.event(shop_id=number % FLOOD_SHOPS + 1) for number in range(first, first + STEP)]
        Event.objects.using(AT).bulk_create(rows[: count - first])


@contextmanager
def _worker(rest: Rest = no_rest) -> Iterator[None]:
    def work() -> None:
        with Worker([AT], rest=rest):
            while True:
                time.sleep(1)

    with _process(work):
        yield


@contextmanager
def _process(act: Callable[[], None]) -> Iterator[None]:
    pid = in_a_process(act)
    try:
        yield
    finally:
        os.kill(pid, 9)
        ended_by_kill(pid)


def _until_all_are_heard() -> None:
    _until(lambda: not Event.objects.using(AT).exists())


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("not all was heard")
        time.sleep(0.02)


def _milliseconds(heard: Path) -> list[float]:
    return sorted(1_000 * float(line) for line in heard.read_text().split())


def _percentiles(name: str, found: list[float]) -> dict[str, float]:
    return {
        f"{name}_p50_ms": median(found),
        f"{name}_p99_ms": found[min(len(found) - 1, int(0.99 * len(found)))],
    }
