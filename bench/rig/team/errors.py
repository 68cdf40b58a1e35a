"""What a storm of errors costs those who meet them, what of it is counted, and how many are kept whole."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.rig.reading.rounds import Book

TIMES = 100_000
STORM = """
import django, json, statistics, time
django.setup()
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group, Occurrence

def fail(loaf, prices):
    return prices[loaf]

costs, began = [], time.monotonic()
for number in range(%d):
    try:
        fail(number, {"rye": 3})
    except KeyError as error:
        at = time.thread_time()
        capture(error, job={"name": "storm"})
        costs.append((time.thread_time() - at) * 1000)
took = time.monotonic() - began
flush()
costs.sort()
print(json.dumps({
    "errors_counted": sum(Group.objects.values_list("count", flat=True)),
    "errors_bodies": Occurrence.objects.count(),
    "errors_storm_s": took,
    "error_ms": statistics.mean(costs),
    "error_p999_ms": costs[int(len(costs) * 0.999)],
    "error_most_ms": costs[-1],
}))
"""


def measure(book: Book) -> None:
    """One process of a site meets 100,000 errors as fast as it can, while its clock brings them to their database."""
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        told = {"DESCANT_DATA": folder, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
        environment = {**os.environ, **told}
        subprocess.run(
            [sys.executable, "-m", "descant", "upgrade"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        file = Path(folder) / "storm.py"
        file.write_text(STORM % TIMES, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(file)], env=environment, check=True, capture_output=True, text=True
        )
    for name, figure in json.loads(done.stdout).items():
        book.note(f"team.{name}", figure)
