"""A flood leaves what is urgent as it was, and a table through which many events have gone is small."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from django_headroom.delayed import signals
from django_headroom.delayed.models import Event, Lane
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.delayed.worker import BATCH, drain
from django_headroom.testing import queries_counted, rows_touched
from django_headroom.transactions import writing
from tests.headroom.market.threads import DATABASES
from tests.headroom.settings import ON_POSTGRESQL

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
FEW, FLOOD, SHOPS = 1_000, 100_000, 50
AS_IT_WAS, AT_A_GLANCE = 0.1, 200
TOMORROW = "now() + interval '1 day'" if ON_POSTGRESQL else "datetime('now', '+1 day')"


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    """What is urgent, said with ``urgent``; and a flood of ``bulky``."""
    found: list[Any] = []
    for name, queue in (("urgent", "high"), ("bulky", "bulk")):
        signal = DelayedSignal(name, schema=1, tenant="shop_id")
        signal.connect(lambda data: found.append(data), dispatch_uid=f"hear {name}", queue=queue)
    yield found
    Event.objects.using("p1").all().delete()
    for name in ("urgent", "bulky"):
        signals._signals.pop(name)


def say(name: str, **told: Any) -> None:
    with writing("p1"):
        signals._signals[name].say(at="p1", **told)


def flood(count: int, *, shops: int = SHOPS, due: str = "") -> None:
    """So many of several shops, made of one by the database itself; ``due`` is when in SQL, if it is not at once."""
    say("bulky", shop_id=1)
    columns = [f'"{field.column}"' for field in Event._meta.concrete_fields[1:]]
    random_id = "gen_random_uuid()" if ON_POSTGRESQL else "lower(hex(randomblob(16)))"
    made = {'"event_id"': random_id, '"tenant"': f"n % {shops} + 1", **({'"due_at"': due} if due else {})}
    values = ", ".join(made.get(column, column) for column in columns)
    with connections["p1"].cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1})"
            f" INSERT INTO delayed_event ({', '.join(columns)})"
            f" SELECT {values} FROM numbers, (SELECT * FROM delayed_event ORDER BY id DESC LIMIT 1) AS one"
        )
        cursor.execute("ANALYZE")


def cost_of_one(name: str = "urgent", lane: Lane = Lane.HIGH) -> tuple[int, int]:
    """The statements that an event takes, and the rows that PostgreSQL reads or the steps that SQLite makes."""
    say(name, shop_id=7)
    with queries_counted() as spent, steps_counted() as steps:
        assert drain("p1", [lane]) == 1
    read = rows_touched(spent, "p1") if ON_POSTGRESQL else len(steps)
    for sql in spent.by_alias["p1"] if ON_POSTGRESQL else ():
        assert "Seq Scan on delayed_event" not in plan_of(sql)
    return len(spent.by_alias["p1"]), read


@contextmanager
def steps_counted() -> Iterator[list[None]]:
    """Those of SQLite's virtual machine."""
    steps: list[None] = []
    if not ON_POSTGRESQL:
        connections["p1"].connection.set_progress_handler(lambda: steps.append(None), 1)
    yield steps
    if not ON_POSTGRESQL:
        connections["p1"].connection.set_progress_handler(None, 0)


def plan_of(sql: str) -> str:
    if sql.split()[0] not in ("SELECT", "WITH", "UPDATE", "DELETE", "INSERT"):
        return ""
    with connections["p1"].cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_what_is_urgent_costs_the_same_beside_a_hundred_thousand_that_are_not(heard: list[Any]) -> None:
    flood(FEW)
    statements, read = cost_of_one()
    flood(FLOOD)
    assert cost_of_one() == (statements, pytest.approx(read, rel=AS_IT_WAS))
    assert Event.objects.using("p1").count() == FEW + FLOOD, "nobody has touched the others"


def test_what_is_not_due_yet_costs_a_claim_nothing(heard: list[Any]) -> None:
    """Of as many tenants as there are events, in the same lane."""
    flood(FEW, shops=FLOOD, due=TOMORROW)
    drain("p1", [Lane.BULK])  # the one of which the flood was made
    statements, read = cost_of_one("bulky", Lane.BULK)
    flood(FLOOD, shops=FLOOD, due=TOMORROW)
    drain("p1", [Lane.BULK])
    assert cost_of_one("bulky", Lane.BULK) == (statements, pytest.approx(read, rel=AS_IT_WAS))
    with queries_counted() as spent, steps_counted() as steps:
        assert drain("p1", [Lane.BULK]) == 0
    assert (rows_touched(spent, "p1") if ON_POSTGRESQL else len(steps)) < AT_A_GLANCE
    assert Event.objects.using("p1").count() == FEW + FLOOD - 2, "nobody has touched them"


def test_what_has_become_due_is_heard_as_what_was_due_at_once(heard: list[Any]) -> None:
    flood(FEW, due=TOMORROW)
    Event.objects.using("p1").filter(tenant__lte=SHOPS / 2).update(due_at=timezone.now())
    while drain("p1"):
        pass
    assert {event.tenant for event in Event.objects.using("p1")} == {*range(SHOPS // 2 + 1, SHOPS + 1)}


def test_what_is_urgent_is_heard_before_a_flood_that_was_there_first(heard: list[Any]) -> None:
    flood(FEW)
    assert drain("p1") == len(heard) == BATCH
    say("urgent", shop_id=7)
    heard.clear()
    assert drain("p1") == 1
    assert [told["shop_id"] for told in heard] == [7]


def test_the_table_stays_small_whatever_goes_through_it(heard: list[Any]) -> None:
    signal = signals._signals["urgent"]
    sizes = []
    for _ in range(4):
        for _ in range(25):  # autovacuum is told to come after so many dead rows
            Event.objects.using("p1").bulk_create([signal.event(shop_id=1) for _ in range(BATCH)])
            assert drain("p1") == BATCH
        vacuum()
        sizes.append(size())
    assert not Event.objects.using("p1").exists()
    assert sizes[-1] <= 1.5 * sizes[0], "ten thousand take hardly more room than a quarter of them"


def vacuum() -> None:
    if ON_POSTGRESQL:
        with connections["p1"].cursor() as cursor:
            cursor.execute("VACUUM (TRUNCATE off) delayed_event")


def size() -> int:
    """Pages of SQLite, which uses again what was freed; bytes of PostgreSQL's table with its indexes."""
    sql = "SELECT pg_total_relation_size('delayed_event')" if ON_POSTGRESQL else "PRAGMA page_count"
    with connections["p1"].cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite changes rows where they stand")
def test_a_claim_hardly_ever_touches_an_index(heard: list[Any]) -> None:
    """Rows have room beside them, so that there is less behind them for a vacuum to look for; it comes early."""
    signal = signals._signals["urgent"]
    Event.objects.using("p1").bulk_create([signal.event(shop_id=1) for _ in range(BATCH)])
    with transaction.atomic("p1"), connections["p1"].cursor() as cursor:
        assert drain("p1") == BATCH
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd, n_tup_del FROM pg_stat_xact_user_tables WHERE relname = 'delayed_event'"
        )
        changed, within_their_page, deleted = cursor.fetchone()
    assert changed == deleted == BATCH
    assert within_their_page > 0.75 * BATCH
    with connections["p1"].cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'delayed_event'")
        (options,) = cursor.fetchone()
    assert {"fillfactor=50", "autovacuum_vacuum_threshold=2000"} <= set(options)
