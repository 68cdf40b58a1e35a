"""Comments posted a second while the worker tells what follows from them, and while it stands still, in turn."""

import os
import signal
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from bench.first import posts
from bench.rig.load import load
from bench.rig.quiet import wait_for_quiet
from bench.rig.reading.processes import with_descendants
from bench.rig.sites import Site

CLIENTS, SECONDS, THREADS, ROUNDS, MOST = 32, 6.0, 1_000, 3, 12_000
PATIENCE = 150.0


def measure(site: Site) -> dict[str, float]:
    """Off, then on; between rounds the worker catches up, so that none bears what another has left."""
    key = site.public_key()
    rates: dict[str, list[float]] = {"off": [], "on": []}
    with site.serving() as pid:
        worker = _worker_of(pid)
        load(site.port, posts(key, THREADS, "warm"), clients=CLIENTS, seconds=3.0)
        for number in range(ROUNDS):
            for name, found in rates.items():
                _catch_up(site)
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


def _worker_of(pid: int) -> int:
    for each in with_descendants(pid):
        words = Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
        if words[-3:-1] == [b"descant", b"worker"]:
            return each
    raise RuntimeError("The site has no worker.")


def _catch_up(site: Site) -> None:
    until = time.monotonic() + PATIENCE
    while any(int(line.split("\t")[2]) for line in site.command("events", "list").splitlines()[1:]):
        if time.monotonic() > until:
            raise TimeoutError("The worker does not catch up.")
        time.sleep(0.5)
