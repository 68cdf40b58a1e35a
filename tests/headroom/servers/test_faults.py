"""A replica that is killed, hangs, or cancels what it was asked: its readers are told by the primary instead."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections

from django_headroom.replicas import near_copy, read, session, watching
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.replica import Replica, running_replica
from tests.headroom.servers.conftest import NOBODY, REPLICAS, led_to, until, wait_until_near
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)

IN_THE_WAY = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%FROM in_the_way' AND wait_event = 'PgSleep'"
POOLED = {
    "connect_timeout": 2,
    "options": "-c default_transaction_read_only=on",
    "pool": {"min_size": 1, "max_size": 4, "timeout": 0.3},
}


def names(shop: Shop) -> list[str]:
    def reading(alias: str) -> list[str]:
        return [alias, *Item.objects.of(shop).using(alias).values_list("name", flat=True)]

    return read("p1", reading)


@pytest.fixture
def long_look(settings: Any) -> None:
    """Replicas are left by those who fail at them, not by looks."""
    patient = {"REPLICA_CHECK_SECONDS": 20, "REPLICA_ANSWER_SECONDS": 0.5}
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": ("p1_replica",)}, **patient}


@pytest.mark.parametrize("options", [{}, {"OPTIONS": POOLED}], ids=["single", "pooled"])
def test_a_replica_that_is_killed_is_left_without_an_error(
    primary: Server, bakery: Shop, options: dict[str, Any], long_look: None
) -> None:
    with running_replica(primary.url) as victim, led_to("p1_replica", victim.port, **options):
        Item.objects.of(bakery).create(name="rye")
        wait_until_near()
        until(lambda: names(bakery) == ["p1_replica", "rye"], "it did not replay")
        victim.kill()
        assert [names(bakery) for _ in range(3)] == [["p1", "rye"]] * 3
        watching.look_at("p1", "p1_replica")
        assert names(bakery) == ["p1", "rye"], "nor does looking at it hurt"


@pytest.mark.parametrize("options", [{}, {"OPTIONS": POOLED}], ids=["single", "pooled"])
def test_a_replica_that_hangs_keeps_nobody(
    replica: Replica, bakery: Shop, options: dict[str, Any], long_look: None
) -> None:
    """Its connections stay open and new ones are taken: nothing fails by itself, so it has to be given up."""
    with led_to("p1_replica", replica.port, **options):
        Item.objects.of(bakery).create(name="rye")
        wait_until_near()
        until(lambda: names(bakery) == ["p1_replica", "rye"], "it did not replay")
        with replica.hung():
            assert names(bakery) == ["p1", "rye"]
            assert together(6, lambda _: names(bakery)) == [["p1", "rye"]] * 6
            watching.look_at("p1", "p1_replica")
            assert near_copy("p1") == "p1"
        wait_until_near()
        assert names(bakery) == ["p1_replica", "rye"], "and is read again when it answers"


def test_readers_wait_for_no_look_at_a_replica_that_hangs(
    replica: Replica, bakery: Shop, settings: Any
) -> None:
    wait_until_near()
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 0.05, "REPLICA_ANSWER_SECONDS": 3}
    with replica.hung():
        began = time.monotonic()
        near_copy("p1")
        until(lambda: near_copy("p1") == "p1", "a look that hangs was not noticed")
        assert time.monotonic() - began < 8


@pytest.fixture
def strict(replica: Replica) -> Iterator[Replica]:
    """It waits for no reader."""
    replica.say("ALTER SYSTEM SET max_standby_streaming_delay = 0")
    replica.say("SELECT pg_reload_conf()")
    yield replica
    replica.say("ALTER SYSTEM RESET max_standby_streaming_delay")
    replica.say("SELECT pg_reload_conf()")


def test_a_reader_whose_query_is_cancelled_is_told_by_the_primary(
    strict: Replica, bakery: Shop, long_look: None, settings: Any
) -> None:
    """What the primary has changed comes first on a replica: a query in its way is cancelled there (40001)."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_ANSWER_SECONDS": 10}
    with connections["p1"].cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS in_the_way AS SELECT 1 AS one")
    wait_until_near()
    codes: list[str] = []
    asked = threading.Event()

    def reading(alias: str) -> str:
        with connections[alias].cursor() as cursor:
            try:
                if alias == "p1_replica":
                    asked.set()
                    cursor.execute("SELECT pg_sleep(5) FROM in_the_way")
            except OperationalError as error:
                codes.append(error.__cause__.sqlstate)  # type: ignore[union-attr]
                raise
        return alias

    def dropping() -> None:
        asked.wait()
        until(lambda: bool(strict.say(IN_THE_WAY)), "nobody reads it")
        with connections["p1"].cursor() as cursor:
            cursor.execute("DROP TABLE in_the_way")

    assert together(2, lambda number: dropping() if number else read("p1", reading)) == ["p1", None]
    assert codes == ["40001"]


def test_while_the_primary_is_gone_replicas_are_read_on(
    replica: Replica, bakery: Shop, settings: Any
) -> None:
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    until(lambda: names(bakery) == ["p1_replica", "rye"], "it did not replay")
    with led_to("p1", NOBODY):
        watching.look_at("p1", "p1_replica")
        assert names(bakery) == ["p1_replica", "rye"]
        with session("u7"):
            assert names(bakery) == ["p1_replica", "rye"]
