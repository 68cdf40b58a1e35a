"""Every error is counted once, a few are kept whole, and a store that is away loses none."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from django.db import DatabaseError, connections
from django.test import override_settings

from django_headroom.operations.errors import counting
from django_headroom.operations.errors.capturing import capture, flush
from django_headroom.operations.errors.models import Group, Hour, Occurrence, Touched
from django_headroom.operations.errors.storing import BODIES_KEPT, store_at, take_in
from django_headroom.operations.errors.travelling.batches import Batch
from django_headroom.testing import frozen_time
from tests.headroom.settings import HEADROOM

pytestmark = pytest.mark.django_db(databases=["default", "people"], transaction=True)


def fail(bakery: ModuleType, times: int = 1, scale: object = 0) -> None:
    for _ in range(times):
        try:
            bakery.weigh(7, scale)
        except (ValueError, ArithmeticError) as error:
            capture(error)


@contextmanager
def store_away() -> Iterator[None]:
    """The store does not take anything: a table is gone."""
    with connections[store_at()].cursor() as cursor:
        cursor.execute("ALTER TABLE errors_hour RENAME TO errors_hour_away")
    try:
        yield
    finally:
        with connections[store_at()].cursor() as cursor:
            cursor.execute("ALTER TABLE errors_hour_away RENAME TO errors_hour")


def test_the_errors_live_in_their_own_database(bakery: ModuleType) -> None:
    fail(bakery)
    flush()
    assert store_at() == "people"
    assert Group.objects.using("people").count() == 1


def test_a_hundred_thousand_errors_count_as_many_and_few_are_kept_whole(bakery: ModuleType) -> None:
    for _ in range(10):
        fail(bakery, 5_000)
        fail(bakery, 5_000, scale=None)
        flush()
    assert sorted(Group.objects.values_list("title", "count")) == [
        ("ValueError", 50_000),
        ("ZeroDivisionError", 50_000),
    ]
    assert sum(Hour.objects.values_list("count", flat=True)) == 100_000
    assert 2 <= Occurrence.objects.count() <= 2 * BODIES_KEPT


def test_of_a_storm_of_kinds_few_are_kept_whole(bakery: ModuleType) -> None:
    for number in range(500):
        kind = type(f"Kind{number}", (Exception,), {})
        try:
            raise kind
        except kind as error:
            capture(error)
    assert flush() == 500
    assert Group.objects.count() == 500
    assert Occurrence.objects.count() <= 2 * counting.BODIES_A_MINUTE


def test_of_more_kinds_than_are_remembered_the_rest_is_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "MOST_KINDS", 10)
    for number in range(25):
        capture(type(f"Kind{number}", (Exception,), {})())
    assert flush() == 25
    assert Group.objects.get(fingerprint=counting.UNLIKE.fingerprint).count == 15


def test_an_error_that_is_met_twice_on_its_way_is_counted_once(bakery: ModuleType) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        bakery.weigh(7, 0)
    capture(caught.value)
    capture(caught.value)
    assert flush() == 1


def test_threads_lose_no_count(bakery: ModuleType) -> None:
    threads = [threading.Thread(target=fail, args=(bakery, 500)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert flush() == 4_000


def test_while_the_store_is_away_all_counts_are_kept_and_bodies_within_bounds(bakery: ModuleType) -> None:
    with store_away():
        for _ in range(600):  # ten minutes, a try each second
            fail(bakery, 3)
            with pytest.raises(DatabaseError):
                flush()
        assert len(counting._waiting.bodies) <= counting.MOST_BODIES
        assert Group.objects.count() == 0
    flush()
    assert Group.objects.get().count == 1_800
    assert Occurrence.objects.count() >= 1


def test_a_batch_whose_answer_was_lost_is_counted_once(bakery: ModuleType) -> None:
    def take_and_lose_the_answer(batch: Batch) -> None:
        take_in(batch)
        raise DatabaseError("the answer was lost")

    fail(bakery, 5)
    with pytest.raises(DatabaseError):
        counting.flush(take_and_lose_the_answer)
    fail(bakery, 2)
    flush()
    assert Group.objects.get().count == 7


def test_a_process_that_ends_leaves_what_the_store_did_not_take_to_the_next(
    bakery: ModuleType, tmp_path: Path
) -> None:
    with override_settings(HEADROOM={**HEADROOM, "ERRORS_FOLDER": str(tmp_path / "left")}):
        fail(bakery, 3)
        with store_away(), pytest.raises(DatabaseError):
            flush()
        fail(bakery, 4)
        counting.write_down()
        counting._begin_anew()  # the next process
        assert flush() == 7
        assert flush() == 0
    assert Group.objects.get().count == 7
    assert list((tmp_path / "left").iterdir()) == []


def test_hours_are_counted_apart(bakery: ModuleType) -> None:
    with frozen_time("2026-11-26T10:59") as clock:
        fail(bakery, 2)
        clock.move(minutes=2)
        fail(bakery, 3)
        flush()
    assert list(Hour.objects.order_by("hour").values_list("count", flat=True)) == [2, 3]


def test_people_and_tenants_are_counted_by_keys_that_name_nobody(bakery: ModuleType) -> None:
    context = {**HEADROOM, "ERRORS_CONTEXT": "tests.headroom.operations.errors.test_counting.somebody"}
    with override_settings(HEADROOM=context):
        fail(bakery, 3)
        flush()
    keys = dict(Touched.objects.values_list("kind", "key"))
    assert set(keys) == {"person", "tenant"}
    assert "Ann" not in keys["person"]
    assert len(keys["person"]) == 16


def somebody(request: object) -> dict[str, object]:
    return {"person": "Ann", "tenant": 7, "tags": {"votes": "on"}}


def test_a_process_brings_what_it_counted_at_its_end(tmp_path: Path) -> None:
    program = """
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": NAME}},
    INSTALLED_APPS=["django_headroom.operations.errors"], SECRET_KEY="x", USE_TZ=True,
    HEADROOM={"ERRORS_SECONDS": 3600},
)
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django_headroom.operations.errors.capturing import capture
for _ in range(3):
    capture(ValueError("x"))
"""
    name = str(tmp_path / "alone.sqlite3")
    subprocess.run([sys.executable, "-c", f"NAME = {name!r}\n{program}"], check=True, timeout=120)
    look = f"import sqlite3; print(sqlite3.connect({name!r}).execute('SELECT count FROM errors_group').fetchall())"
    shown = subprocess.run(
        [sys.executable, "-c", look], check=True, capture_output=True, text=True, timeout=60
    )
    assert shown.stdout.strip() == "[(3,)]"
