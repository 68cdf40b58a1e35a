"""Run with the settings of the toolkit's test site and a REPLICA: pairs of a write and a read, as one line of JSON."""

import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import django
import psycopg

django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import override_settings  # noqa: E402

from django_headroom.replicas import positions, read, session, watching  # noqa: E402
from tests.headroom.market.items.models import Item  # noqa: E402
from tests.headroom.market.shops.models import Shop  # noqa: E402

Seeing = Callable[[str], tuple[str, int]]
PAIRS, WRITERS, LAG_SECONDS = 10_000, 16, 10
# The replica is to be read although it is that late; all else is as by default.
ALLOWED = {"REPLICAS": {"p1": ("p1_replica",)}, "REPLICA_LAG_SECONDS": 30, "REPLICA_LAG_BYTES": 2**40}


def main() -> None:
    for alias in ("default", "people", "p1", "p2"):
        call_command("migrate", database=alias, verbosity=0)
    bakery = Shop.objects.create(name="bakery", partition="p1")
    hold_the_replica_back()
    caches["default"].set(positions.SINCE, 1, None)
    with override_settings(HEADROOM={**settings.HEADROOM, **ALLOWED}):
        watching.look_at("p1", "p1_replica")
        print(json.dumps(measured(bakery)))


def hold_the_replica_back() -> None:
    connections.settings["p1_replica"]["PORT"] = os.environ["REPLICA"].rpartition(":")[2]
    with psycopg.connect(f"{os.environ['REPLICA']}/postgres", autocommit=True) as replica:
        replica.execute(f"ALTER SYSTEM SET recovery_min_apply_delay = '{LAG_SECONDS}s'")
        replica.execute("SELECT pg_reload_conf()")


def measured(bakery: Shop) -> dict[str, float]:
    written: list[float] = []  # when each row was there
    is_over = threading.Event()

    def seen(alias: str) -> tuple[str, int]:
        return alias, Item.objects.of(bakery).using(alias).count()

    with ThreadPoolExecutor(WRITERS + 2) as many:
        stranger = many.submit(oldest_seen, seen, written, is_over)
        reader = many.submit(times_back, seen, is_over)
        pairs = list(many.map(lambda number: write_and_read(bakery, number, written), range(WRITERS)))
        time.sleep(LAG_SECONDS + 2)
        is_over.set()
    oldest, reads = stranger.result()
    others = {"others_oldest_seconds": oldest, "others_reads_at_replica": reads, "backwards": reader.result()}
    return summed_up(pairs) | others


def oldest_seen(seen: Seeing, written: list[float], is_over: threading.Event) -> tuple[float, int]:
    """Who has no name: how old is what a replica shows her, and how often did she read one?"""
    oldest, reads = 0.0, 0
    while not is_over.is_set():
        now = time.monotonic()
        alias, count = read("p1", seen)
        if alias == "p1_replica":
            reads += 1
            oldest = max(oldest, now - written[count] if count < len(written) else 0)
        time.sleep(0.02)
    connections.close_all()
    return oldest, reads


def times_back(seen: Seeing, is_over: threading.Event) -> int:
    """Somebody with a name who only reads: how often does time go back for her?"""
    backwards, before = 0, 0
    while not is_over.is_set():
        with session("reader"):
            _, count = read("p1", seen)
        backwards, before = backwards + (count < before), count
        time.sleep(0.02)
    connections.close_all()
    return backwards


def summed_up(pairs: list[tuple[int, list[float], list[float]]]) -> dict[str, float]:
    own = sorted(seconds for _, times, _ in pairs for seconds in times)
    plain = statistics.median(seconds for _, _, times in pairs for seconds in times)
    return {
        "pairs": len(own),
        "missed": sum(missed for missed, _, _ in pairs),
        "added_p50_ms": (statistics.median(own) - plain) * 1000,
        "added_p99_ms": (own[len(own) * 99 // 100] - plain) * 1000,
    }


def write_and_read(bakery: Shop, number: int, written: list[float]) -> tuple[int, list[float], list[float]]:
    """How often one writer missed what she wrote, and how long her reads took, and reads of the primary beside them."""
    missed, own, plain = 0, [], []
    mine = Item.objects.of(bakery).filter(name=f"u{number}")

    def count(alias: str) -> int:
        return mine.using(alias).count()

    for turn in range(PAIRS // WRITERS):
        with session(f"u{number}"):
            Item.objects.of(bakery).create(name=f"u{number}")
            written.append(time.monotonic())
        with session(f"u{number}"):
            found, seconds = timed(lambda: read("p1", count))
        own.append(seconds)
        missed += found != turn + 1
        plain.append(timed(lambda: count("p1"))[1])
    connections.close_all()
    return missed, own, plain


def timed(act: Callable[[], int]) -> tuple[int, float]:
    began = time.perf_counter()
    return act(), time.perf_counter() - began


if __name__ == "__main__":
    main()
