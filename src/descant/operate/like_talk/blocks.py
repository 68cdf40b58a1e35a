"""Ids in one unbroken run, so that the n-th row's id is known before the row is; nobody else gets them."""

from typing import Any

from django.db import connections, models

from django_headroom import ids
from django_headroom.conf import headroom
from django_headroom.transactions import writing


def take_run(alias: str, model: type[models.Model], count: int) -> range:
    """So many ids of a model's table, at the step of its database."""
    is_stepping = alias in headroom().partitions
    step = ids.STEP if is_stepping else 1
    table = model._meta.db_table
    with writing(alias), connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            last = _long_step(cursor, table, count, step)
        elif is_stepping:
            last = ids.take(alias, model, count)[-1]
        else:
            last = _raise_counter(cursor, table, count)
    return range(last - (count - 1) * step, last + 1, step)


def _long_step(cursor: Any, table: str, count: int, step: int) -> int:
    """The sequence takes all at one step; who else wants an id waits so long."""
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
    name = cursor.fetchone()[0]
    cursor.execute(
        "SELECT nextval(%s)", [name]
    )  # one that has given nothing yet gives its first, and does not step
    cursor.execute(f"ALTER SEQUENCE {name} INCREMENT BY {step * count}")
    cursor.execute("SELECT nextval(%s)", [name])
    last: int = cursor.fetchone()[0]
    cursor.execute(f"ALTER SEQUENCE {name} INCREMENT BY {step}")
    return last


def _raise_counter(cursor: Any, table: str, count: int) -> int:
    cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq", [count, table])
    found = cursor.fetchone()
    if found is None:
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
    return int(found[0]) if found else count
