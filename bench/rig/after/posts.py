"""Comments posted a second while the worker tells what follows from them, and while it stands still, in turn."""

import os
import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from bench.first import posts
from bench.rig.load import load
from bench.rig.quiet import wait_for_quiet
from bench.rig.reading.processes import with_descendants
from bench.rig.sites import Site

CLIENTS, SECONDS, THREADS, ROUNDS, MOST = 32, 4.0, 1_000, 3, 8_000
FORGET = """
from descant.operate.upgrading import aliases
from django_headroom.delayed.models import Event
for alias in aliases():
    rows = Event.objects.using(alias)
    rows._raw_delete(alias)
"""


def measure(site: Site) -> dict[str, float]:
    """Off, then on; between rounds what is due is dropped, so that none bears what another has left."""
    key = site.public_key()
    rates: dict[str, list[float]] = {"off": [], "on": []}
    with site.serving() as pid:
        worker = _worker_of(pid)
        load(site.port, posts(key, THREADS, "warm"), clients=CLIENTS, seconds=3.0)
        for number in range(ROUNDS):
            for name, found in rates.items():
                forget_what_follows(site)
                wait_for_quiet(10.0)
                made: Iterator[bytes] = iter(list(islice(posts(key, THREADS, f"{name}{number}"), MOST)))
                if name == "off":
                    os.kill(worker, signal.SIGSTOP)
                try:
                    found.append(load(site.port, made, clients=CLIENTS, seconds=SECONDS).rate)
                finally:
                    os.kill(worker, signal.SIGCONT)
    pairs = zip(rates["off"], rates["on"], strict=True)
    return {
        **{f"posts_per_s_{name}": median(found) for name, found in rates.items()},
        "posts_off_over_on": median(off / on for off, on in pairs),
    }


def forget_what_follows(site: Site) -> None:
    """Drop what is due."""
    site.command("manage", "shell", "-v", "0", "-c", FORGET)


def _worker_of(pid: int) -> int:
    for each in with_descendants(pid):
        words = Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
        if words[-3:-1] == [b"descant", b"worker"]:
            return each
    raise RuntimeError("The site has no worker.")
