"""A server that takes connections and never answers: who asks it is told so in time, and the others go on."""

import select
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, InternalError, OperationalError, connections, transaction

from django_headroom.connections.patience import OutOfReach, answered_within, is_silent
from django_headroom.connections.pooling import is_out_of_reach
from django_headroom.replicas import PrimaryIsSpared, near_copy, read, session, watching
from tests.headroom.market.items.models import Item, Ticket
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.replica import Replica
from tests.headroom.servers.conftest import REPLICAS, changed, until, wait_until_near
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)

# As on the page docs/toolkit/connections/patience.md.
ROLES = """
CREATE ROLE web LOGIN;
ALTER ROLE web SET statement_timeout = '5s';
ALTER ROLE web SET idle_in_transaction_session_timeout = '10s';
CREATE ROLE job LOGIN;
ALTER ROLE job SET statement_timeout = '60s';
ALTER ROLE job SET idle_in_transaction_session_timeout = '60s';
"""
POOL = {"min_size": 1, "max_size": 4, "timeout": 0.5, "reconnect_timeout": 1}
FAILS = (OperationalError, InterfaceError)


@pytest.fixture(params=["single", "pooled"])
def hanging(request: pytest.FixtureRequest, primary: Server) -> Iterator[Server]:
    """A server that can hang, and p2 on it."""
    options = {"connect_timeout": 2, **({"pool": POOL} if request.param == "pooled" else {})}
    with changed("p2", OPTIONS=options):
        yield primary


def count() -> int:
    return Ticket.objects.using("p2").count()


def test_a_statement_that_is_not_answered_fails_in_time(hanging: Server) -> None:
    assert count() == 0
    with hanging.hung(), answered_within(0.3), pytest.raises(FAILS) as failure:
        count()
    assert is_out_of_reach(failure.value)
    connections["p2"].close()
    assert count() == 0


def test_so_does_a_commit_and_it_is_not_said_to_be_done(hanging: Server) -> None:
    with pytest.raises(FAILS), answered_within(0.3), transaction.atomic(using="p2"):
        Ticket.objects.using("p2").create(text="rye")
        stopped = hanging.hung()
        stopped.__enter__()
    stopped.__exit__(None, None, None)
    connections["p2"].close()
    assert count() in (0, 1), "nobody can know, and nothing was sent a second time"


def test_so_does_a_new_connection(hanging: Server) -> None:
    with hanging.hung(), answered_within(0.3), pytest.raises(FAILS):
        count()


def test_without_a_bound_it_is_waited_for(hanging: Server) -> None:
    connected, hung = threading.Event(), threading.Event()

    def asking(_: int) -> int:
        count()
        connected.set()
        hung.wait(20)
        return count()

    def stopping(_: int) -> None:
        connected.wait(20)
        with hanging.hung():
            hung.set()
            time.sleep(0.5)

    assert together(2, lambda number: stopping(number) if number else asking(number)) == [0, None]


def test_of_a_silent_server_one_at_a_time_asks_and_the_others_are_told_at_once(hanging: Server) -> None:
    """Else each would take a thread of the site for as long as the bound is, and nobody could read either."""
    count()
    with hanging.hung():
        with answered_within(0.3), pytest.raises(FAILS):
            count()
        connections["p2"].close()
        assert is_silent("p2")
        failures = together(8, lambda _: failure_of_a_count())
        assert sum(isinstance(failure, OutOfReach) for failure in failures) >= 7
    until(lambda: failure_of_a_count() is None, "it answers again, and was not asked")
    assert not is_silent("p2")
    assert together(8, lambda _: failure_of_a_count()) == [None] * 8


def failure_of_a_count() -> Exception | None:
    try:
        with answered_within(1):
            count()
    except FAILS as failure:
        return failure
    finally:
        connections["p2"].close()
    return None


def test_an_error_of_a_statement_is_an_answer(hanging: Server) -> None:
    with (
        answered_within(5),
        pytest.raises(Exception, match="no_such_table"),
        connections["p2"].cursor() as asking,
    ):
        asking.execute("SELECT * FROM no_such_table")
    assert not is_silent("p2")


def test_a_shorter_bound_inside_a_longer_one_counts(hanging: Server) -> None:
    count()
    began = time.monotonic()
    with hanging.hung(), answered_within(60), pytest.raises(FAILS):
        other = threading.Thread(target=failure_of_a_count)  # so that the watch looks at the longer one first
        other.start()
        with answered_within(0.3):
            count()
    other.join()
    assert time.monotonic() - began < 30


def test_each_kind_of_work_has_bounds_of_its_own_by_its_role(primary: Server) -> None:
    primary.say(ROLES)
    try:
        for role, statement, idle in (("web", "5s", "10s"), ("job", "1min", "1min"), ("descant", "0", "0")):
            with psycopg.connect(f"{primary.url}/postgres".replace("//descant@", f"//{role}@")) as connection:
                assert connection.execute("SHOW statement_timeout").fetchone() == (statement,)
                told = connection.execute("SHOW idle_in_transaction_session_timeout")
                assert told.fetchone() == (idle,)
        primary.say("ALTER ROLE web SET statement_timeout = '100ms'")
        primary.say("ALTER ROLE web SET idle_in_transaction_session_timeout = '100ms'")
        web = f"{primary.url}/postgres".replace("//descant@", "//web@")
        with pytest.raises(psycopg.errors.QueryCanceled), psycopg.connect(web) as connection:
            connection.execute("SELECT pg_sleep(20)")
        ended = psycopg.errors.IdleInTransactionSessionTimeout
        with pytest.raises(ended), psycopg.connect(web) as connection:
            connection.execute("SELECT 1")
            until(lambda: bool(select.select([connection], [], [], 0.1)[0]), "it was not ended")
            connection.execute("SELECT 1")
    finally:
        primary.say("DROP ROLE web")
        primary.say("DROP ROLE job")


def test_a_transaction_that_was_idle_for_too_long_is_answered_503(hanging: Server) -> None:
    with (
        pytest.raises(InternalError) as ended,
        transaction.atomic(using="p2"),
        connections["p2"].cursor() as cursor,
    ):
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        time.sleep(0.3)
        cursor.execute("SELECT 1")
    assert is_out_of_reach(ended.value)


def names(shop: Shop) -> list[str]:
    def reading(alias: str) -> list[str]:
        return [alias, *Item.objects.of(shop).using(alias).values_list("name", flat=True)]

    return read("p1", reading)


def test_while_the_primary_hangs_replicas_are_read_on(
    replica: Replica, primary: Server, bakery: Shop, settings: Any
) -> None:
    """However long: a look waits for the primary once, and then no more."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 0.5, "REPLICA_ANSWER_SECONDS": 0.5}
    connections["p1"].close()
    connections.settings["p1"]["OPTIONS"] = {"connect_timeout": 2}
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    until(lambda: names(bakery) == ["p1_replica", "rye"], "it did not replay")
    with primary.hung(), answered_within(0.5):
        until(lambda: bool(names(bakery)) and "p1" in watching._gone, "nobody noticed")
        looked: set[float] = set()
        while len(looked) < 6:
            assert names(bakery) == ["p1_replica", "rye"]
            looked.add(watching._looks["p1_replica"].at)
            time.sleep(0.02)
    until(lambda: near_copy("p1") == "p1_replica" and "p1" not in watching._gone, "it answers again")


@pytest.fixture
def left_alone(replica: Replica, bakery: Shop, settings: Any) -> None:
    """No replica of p1 is near, and one reader at a time may go to it instead."""
    few = {"REPLICA_FALLBACKS": 1, "REPLICA_CHECK_SECONDS": 20, "REPLICA_ANSWER_SECONDS": 0.2}
    settings.HEADROOM = {**settings.HEADROOM, **few, "REPLICA_POSITION_SECONDS": 100}
    watching.leave("p1_replica")


def test_a_primary_without_replicas_is_spared(left_alone: None, bakery: Shop) -> None:
    """Those who come are told to come back, and writers still find it free."""
    inside, leave = threading.Event(), threading.Event()

    def reading_long(alias: str) -> str:
        inside.set()
        leave.wait(20)
        return alias

    def second() -> list[Any]:
        inside.wait(20)
        try:
            with pytest.raises(
                PrimaryIsSpared, match=r"No replica of 'p1' is near, and 1 readers"
            ) as refusal:
                names(bakery)
            assert is_out_of_reach(refusal.value), "it is answered 503"
            with session("u7"):
                Item.objects.of(bakery).create(name="rye")
                told = [names(bakery)]
            with session(fresh=True):
                told.append(names(bakery))
            with transaction.atomic(using="p1"):
                told.append(names(bakery))
            return told
        finally:
            leave.set()

    told = together(2, lambda number: second() if number else read("p1", reading_long))
    assert told == ["p1", [["p1", "rye"]] * 3]
    assert names(bakery) == ["p1", "rye"], "and the place is free again"


def test_a_read_within_a_read_needs_no_second_place(left_alone: None, bakery: Shop) -> None:
    assert read("p1", lambda alias: names(bakery)) == ["p1"]


def test_they_wait_for_a_place_a_while(left_alone: None, bakery: Shop, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_ANSWER_SECONDS": 20}
    assert together(6, lambda _: names(bakery)) == [["p1"]] * 6


def test_where_a_replica_is_near_nobody_is_turned_away(left_alone: None, bakery: Shop, settings: Any) -> None:
    wait_until_near()
    assert together(6, lambda _: names(bakery)) == [["p1_replica"]] * 6
