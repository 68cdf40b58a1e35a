"""A process that writes to a SQLite file: python -m tests.headroom.market.writers FILE write THREADS WRITES."""

import os
import sys
import time
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from tests.headroom.market.threads import together


def main(file: str, act: str, *numbers: str) -> None:
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": float(os.environ.get("PATIENCE", "60")),
        "init_command": "PRAGMA busy_timeout = 200",  # a writer that does not queue soon fails
    }
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django_headroom.connections.queued_sqlite",
                "NAME": Path(file),
                "OPTIONS": options,
            }
        }
    )
    if act == "hold":
        with transaction.atomic():
            write_note("holder", 0)
            print("holding", flush=True)
            time.sleep(600)
    elif act == "read":
        with connection.cursor() as cursor:
            cursor.execute("WITH kept AS (SELECT * FROM note) SELECT count(*) FROM kept")
            cursor.execute("SELECT count(*) FROM note")
            print(cursor.fetchone()[0])
    else:
        threads, writes = map(int, numbers)
        together(threads, lambda thread: write_many(thread, writes))


def write_many(thread: int, writes: int) -> None:
    """Half of them in a transaction that reads first, half by themselves."""
    for number in range(writes):
        if number % 2:
            write_note(f"{os.getpid()}-{thread}", number)
            continue
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM note")
            write_note(f"{os.getpid()}-{thread}", number)


def write_note(writer: str, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO note VALUES (%s, %s)", [writer, number])


if __name__ == "__main__":
    main(*sys.argv[1:])
