"""What the record of a request or job costs where fifty queries are sent, beside the same queries without it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.rig.reading.rounds import Book

ROUNDS = 400
RECORDED = """
import contextlib, django, json, statistics, time
django.setup()
from django.db import connection
from django_headroom.operations.performance.recording import Record, recording

def ask():
    for number in range(50):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %%s", [number])
            cursor.fetchone()

def cost(around):
    at = time.thread_time()
    with around:
        ask()
    return (time.thread_time() - at) * 1000

for _ in range(50):
    cost(recording(Record("job", "warm")))
without, recorded = [], []
for _ in range(%d):
    without.append(cost(contextlib.nullcontext()))
    recorded.append(cost(recording(Record("job", "bench"))))
both = statistics.median(recorded), statistics.median(without)
print(json.dumps({"record_ms": both[0] - both[1], "record_over_none": both[0] / both[1]}))
"""


def measure(book: Book) -> None:
    """In one process of a site on SQLite, with and without a record in turn; CPU time of the thread."""
    with tempfile.TemporaryDirectory(prefix="descant-bench-") as folder:
        told = {"DESCANT_DATA": folder, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
        environment = {**os.environ, **told}
        upgrade = [sys.executable, "-m", "descant", "upgrade"]
        subprocess.run(upgrade, env=environment, check=True, stdout=subprocess.DEVNULL)
        file = Path(folder) / "recorded.py"
        file.write_text(RECORDED % ROUNDS, encoding="utf-8")
        command = [sys.executable, str(file)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    for name, figure in json.loads(done.stdout).items():
        book.note(f"team.{name}", figure)
