"""What was recorded is summed by minute and route, is written down aside, and is kept for a week."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from django_headroom.operations.performance import counted, keeping, recorded, sums
from django_headroom.operations.performance.histograms import COLUMNS, bucket, percentile
from django_headroom.operations.performance.models import Cost, Gauge, SlowCost, Statement
from django_headroom.operations.performance.slow import slow_statements
from django_headroom.operations.performance.wording import masked
from tests.headroom.market.threads import DATABASES
from tests.headroom.operations.performance import site

pytestmark = pytest.mark.django_db(databases=DATABASES)
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _kept(settings: Any) -> Iterator[None]:
    others = {
        "PERFORMANCE_KEEP_SECONDS": 3_600,
        "PERFORMANCE_STACK_SECONDS": 0,
        "PERFORMANCE_SLOW_SECONDS": 0,
    }
    settings.HEADROOM = {**settings.HEADROOM, **others, "RELEASE": "7"}
    sums.take()
    yield
    sums.take()


def test_the_sums_of_a_route_add_up_over_flushes() -> None:
    for times in (1, 2, 3):
        with recorded("job", "count bread"):
            site.ask(times)
        keeping.flush()
    rows = Cost.objects.filter(kind="job", route="count bread", release="7")
    assert sum(row.n for row in rows) == 3
    assert sum(row.queries for row in rows) == 6
    assert sum(getattr(row, name) for row in rows for name in COLUMNS) == 3
    assert len({row.at for row in rows}) == len(rows), "one row for a minute"


def test_what_a_server_only_counts_is_in_its_minute_once() -> None:
    answered, stale = counted("front", "page/"), counted("front", "page/", "stale")
    answered.number += 5
    keeping.flush()
    answered.number += 2
    stale.number += 1
    keeping.flush()
    keeping.flush()
    rows = Cost.objects.filter(kind="front")
    assert (sum(row.n for row in rows), sum(row.stale for row in rows)) == (7, 1)


def test_nothing_is_lost_while_the_database_cannot_be_written(settings: Any) -> None:
    with recorded("job", "count bread"):
        pass
    homes = settings.HEADROOM["HOMES"]
    settings.HEADROOM = {
        **settings.HEADROOM,
        "HOMES": {**homes, "performance": "people"},
    }  # it has no such table
    with pytest.raises(DatabaseError):
        keeping.flush()
    settings.HEADROOM = {**settings.HEADROOM, "HOMES": homes}
    with recorded("job", "count bread"):
        pass
    keeping.flush()
    assert sum(row.n for row in Cost.objects.filter(route="count bread")) == 2


def cost(at: datetime, **numbers: int) -> Cost:
    return Cost(at=at, seconds=60, kind="request", route="page/", release="7", **numbers)


def test_old_minutes_become_hours_and_a_week_later_nothing() -> None:
    minutes = [cost(NOON + timedelta(minutes=minute), n=2, b3=2, queries=minute) for minute in range(5)]
    new = cost(NOON + timedelta(days=2), n=1)
    Cost.objects.bulk_create([*minutes, new])
    for _ in range(2):
        keeping.trim(NOON + timedelta(days=2))
    hour, minute = Cost.objects.order_by("at")
    assert (hour.at, hour.seconds, hour.n, hour.b3, hour.queries) == (NOON, 3_600, 10, 10, 10)
    assert (minute.at, minute.seconds) == (new.at, 60)
    keeping.trim(NOON + timedelta(days=10))
    assert not Cost.objects.exists()


def test_readings_of_one_minute_are_averaged() -> None:
    for value in (1.0, 4.0):
        keeping.gauge("queue age", value, at=NOON + timedelta(seconds=value))
    (row,) = Gauge.objects.filter(name="queue age")
    assert (row.at, row.n, row.total) == (NOON, 2, 5.0)


@pytest.fixture
def all_slow(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_SLOW_SECONDS": 1e-9}


def ask_slowly(name: str) -> None:
    with recorded("job", "count bread"), connections["p1"].cursor() as cursor:
        cursor.execute("SELECT id FROM items_item WHERE name = %s AND state = 'new'", [name])


def test_a_slow_statement_has_its_line_its_plan_and_no_value(all_slow: None) -> None:
    ask_slowly("rye")
    ask_slowly("oat")
    keeping.flush()
    (slow,) = slow_statements(NOON - timedelta(days=9_999), database="p1")
    line = ask_slowly.__code__.co_firstlineno + 2
    place = f"tests/headroom/operations/performance/test_keeping.py:{line} ask_slowly"
    assert slow.places == {("count bread", place): 2}
    assert slow.statement.wording == "SELECT id FROM items_item WHERE name = ? AND state = ?"
    assert (slow.n, slow.failed, slow.is_new, slow.statement.first_release) == (2, 0, False, "7")
    assert 0 <= slow.p95_ms <= slow.worst_ms <= slow.ms
    assert "items_item" in slow.statement.plan
    assert "rye" not in slow.statement.plan
    assert "oat" not in slow.statement.plan


def test_what_is_slow_for_the_first_time_in_a_release_is_new(all_slow: None, settings: Any) -> None:
    ask_slowly("rye")
    keeping.flush()
    settings.HEADROOM = {**settings.HEADROOM, "RELEASE": "8"}
    ask_slowly("rye")
    with recorded("job", "count bread"):
        site.ask(1)
    keeping.flush()
    found = slow_statements(NOON - timedelta(days=9_999))
    new = {slow.statement.wording: slow.is_new for slow in found}
    assert new == {"SELECT id FROM items_item WHERE name = ? AND state = ?": False, "SELECT ?": True}
    assert Statement.objects.count() == 2
    assert SlowCost.objects.count() >= 3


def test_a_statement_that_fails_is_told_as_well(all_slow: None) -> None:
    with recorded("job", "count bread"), pytest.raises(DatabaseError), transaction.atomic("p2"):
        connections["p2"].cursor().execute("SELECT nothing FROM nowhere")
    with transaction.atomic("p2"):
        keeping.flush()
    (slow,) = slow_statements(NOON - timedelta(days=9_999))
    assert (slow.n, slow.failed, slow.statement.plan) == (1, 1, "")


def test_a_statement_can_say_where_it_comes_from(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "PERFORMANCE_COMMENTS": True, "RELEASE": "7*/'%s"}
    sent = []

    def hear(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        return execute(sql, params, many, context)

    with recorded("job", "count bread"), connections["p1"].execute_wrapper(hear):
        site.ask(1)
    (sql,) = sent
    assert sql.startswith(
        "SELECT %s /*route='count bread',place='tests/headroom/operations/performance/site.py:"
    )
    assert sql.endswith("ask',release='7./..s'*/")


@pytest.mark.parametrize(("ms", "number"), [(0, 0), (0.9, 0), (1, 1), (2, 2), (3.9, 2), (4, 3), (1e9, 15)])
def test_each_count_is_for_twice_the_time(ms: float, number: int) -> None:
    assert bucket(ms) == number


def test_a_percentile_lies_in_the_count_that_holds_it() -> None:
    counts = [0, 10, 80, 10, *[0] * 12]
    assert [percentile(counts, part) for part in (0.1, 0.5, 0.95)] == [2.0, 3.0, 6.0]
    assert percentile([0] * 16, 0.5) == 0.0


def test_a_plan_keeps_the_planners_numbers_and_no_value() -> None:
    plan = "Index Scan using i on t (cost=0.29..8.30 rows=1)\n  Index Cond: (id = 42)\n  Filter: (name = 'ann'::text)"
    assert masked(plan) == (
        "Index Scan using i on t (cost=0.29..8.30 rows=1)\n  Index Cond: (id = ?)\n  Filter: (name = ?::text)"
    )
