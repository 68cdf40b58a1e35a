"""Whoever has written sees it, from any process and device, however far behind the replicas are."""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connections, transaction

from django_headroom.replicas import (
    known_as,
    near_copy,
    positions,
    session,
    waiting,
    watching,
)
from django_headroom.testing import queries_counted
from django_headroom.transactions import writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.replica import Replica, running_replica
from tests.headroom.servers.behind import FailingCache, count, count_as, write_as
from tests.headroom.servers.conftest import NOBODY, REPLICAS, led_to, until, wait_until_near
from tests.servers import Server

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)


def test_of_a_thousand_writes_none_is_missed_while_the_replica_stands_still(
    near: Replica, bakery: Shop
) -> None:
    near.pause()
    for number in range(1_000):
        actor = f"u{number % 50}"
        write_as(actor, bakery)
        assert count_as(actor, bakery) == number + 1
    assert (near_copy("p1"), count(bakery)) == ("p1_replica", 0), "a stranger still reads the replica"


def test_she_sees_it_on_every_device_and_others_go_on_reading_the_replica(
    near: Replica, bakery: Shop
) -> None:
    near.pause()
    write_as("u7", bakery)
    seen: list[str] = []
    assert together(8, lambda _: count_as("u7", bakery)) == [1] * 8
    assert count_as("u8", bakery, seen) == 0
    assert seen == ["p1_replica"]


def test_when_the_replica_has_replayed_it_she_reads_it_there(
    near: Replica, bakery: Shop, settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_WAIT_SECONDS": 10}
    write_as("u7", bakery)
    Item.objects.of(bakery).create(
        name="oat"
    )  # what a primary writes last may wait for the next commit to be sent
    seen: list[str] = []
    assert count_as("u7", bakery, seen) >= 1, "what is not hers may be there or not"
    assert seen == ["p1_replica"]
    near.pause()
    with queries_counted() as spent:
        assert count_as("u7", bakery, seen) >= 1
    assert spent.count == 1, "it is known how far the replica is: nobody asks again"


def test_of_many_who_wait_for_a_replica_one_asks_it(
    near: Replica, bakery: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, asked = 0.5, []
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_WAIT_SECONDS": seconds}
    note = watching.note_reached
    monkeypatch.setattr(watching, "note_reached", lambda *heard: asked.append(heard) or note(*heard))
    near.pause()
    write_as("u7", bakery)
    assert together(8, lambda _: count_as("u7", bakery)) == [1] * 8
    assert len(asked) <= seconds / waiting.POLL_SECONDS + 2 * 8, "else each of them would have asked as often"


def test_whoever_waits_is_told_when_the_replica_has_come(near: Replica, bakery: Shop, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_WAIT_SECONDS": 10}
    near.pause()
    write_as("u7", bakery)
    Item.objects.of(bakery).create(name="oat")  # so that the first one is sent
    seen: list[str] = []

    def read_or_resume(number: int) -> int:
        if number == 0:
            near.resume()
            return 1
        return count_as("u7", bakery, seen)

    assert all(found >= 1 for found in together(8, read_or_resume))
    assert set(seen) == {"p1_replica"}


def test_nobody_waits_for_a_replica_that_is_far_behind(
    near: Replica, bakery: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_WAIT_SECONDS": 10, "REPLICA_CHECK_SECONDS": 3600}
    near.pause()
    write_as("u7", bakery)
    monkeypatch.setitem(watching._looks, "p1_replica", replace(watching._looks["p1_replica"], late=3600))
    with queries_counted() as spent:
        assert count_as("u7", bakery) == 1
    assert not spent.by_alias["p1_replica"]


def test_in_the_request_that_wrote_the_primary_is_read(near: Replica, bakery: Shop) -> None:
    near.pause()
    with session():
        assert count(bakery) == 0
        Item.objects.of(bakery).create(name="rye")
        assert count(bakery) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO items_item (shop_id, name, price, state) VALUES (%s, 'oat', 0, 'new')",
        "  -- a note\n/* and one more */ insert INTO items_item (shop_id, name, price, state)"
        " VALUES (%s, 'oat', 0, 'new')",
        "WITH one AS (SELECT %s::bigint AS shop) INSERT INTO items_item (shop_id, name, price, state)"
        " SELECT shop, 'oat', 0, 'new' FROM one",
    ],
)
def test_a_write_is_known_by_its_statement(near: Replica, bakery: Shop, sql: str) -> None:
    near.pause()
    with session("u7"), connections["p1"].cursor() as cursor:
        cursor.execute(sql, [bakery.pk])
    assert count_as("u7", bakery) == 1


def test_a_session_inside_a_transaction_counts_from_its_commit(near: Replica, bakery: Shop) -> None:
    near.pause()
    with transaction.atomic(using="p1"):
        write_as("u7", bakery)
    assert count_as("u7", bakery) == 1


def test_who_she_is_may_be_said_on_the_way(near: Replica, bakery: Shop) -> None:
    near.pause()
    with session():
        known_as("u7")
        Item.objects.of(bakery).create(name="rye")
    with session():
        assert near_copy("p1", own=False) == "p1_replica"
        known_as("u7")
        assert count(bakery) == 1


def test_reading_asks_the_primary_nothing_and_keeps_nothing(near: Replica, bakery: Shop) -> None:
    with queries_counted() as spent:
        for _ in range(3):
            assert count_as("u7", bakery) == 0
    assert (len(spent.by_alias["p1"]), len(spent.by_alias["p1_replica"])) == (0, 3)
    assert positions.known("p1", "u7") is None


def test_one_write_costs_one_statement_more(near: Replica, bakery: Shop) -> None:
    with queries_counted() as alone, writing(bakery):
        Item.objects.of(bakery).create(name="rye")
    with queries_counted() as spent, session("u7"), writing(bakery):
        Item.objects.of(bakery).create(name="rye")
    assert spent.count == alone.count + 1
    assert "pg_current_wal_insert_lsn" in str(spent)


def test_while_the_store_is_down_whoever_has_a_name_reads_the_primary(near: Replica, bakery: Shop) -> None:
    near.pause()
    FailingCache.is_down = True
    write_as("u7", bakery)
    FailingCache.is_down = False
    assert count_as("u7", bakery) == 1, "also when it is back, for it does not know of this write"
    assert count(bakery) == 0, "strangers have written nothing"


def test_a_store_that_forgot_everything_is_not_believed_for_as_long_as_it_would_remember(
    near: Replica, bakery: Shop, settings: Any
) -> None:
    """As memcached does when it is started again: what it does not know may have been in it."""
    near.pause()
    write_as("u7", bakery)
    caches["default"].clear()
    assert count_as("u7", bakery) == 1
    assert count_as("u7", bakery) == 1
    assert count(bakery) == 0, "strangers have written nothing"
    seen: list[str] = []
    caches["default"].delete(positions.YOUNG)  # as by itself, after REPLICA_POSITION_SECONDS
    assert count_as("u8", bakery, seen) == 0
    assert seen == ["p1_replica"]


def test_if_the_primary_is_gone_right_after_the_commit_nobody_is_told_of_an_older_state(
    near: Replica, bakery: Shop
) -> None:
    with led_to("p1", NOBODY):
        positions.keep("p1", "u7", seen="p1")
    near.pause()
    Item.objects.of(bakery).create(name="rye")
    assert count_as("u7", bakery) == 1


def test_after_a_failover_what_was_written_before_counts_no_more(
    near: Replica, primary: Server, bakery: Shop
) -> None:
    """The old primary's replica is not believed, however far its log is; one of the new primary's is."""
    write_as("u7", bakery)
    with running_replica(primary.url) as heir, led_to("p1", heir.port):
        heir.promote()
        until(lambda: not heir.say("SELECT pg_is_in_recovery()")[0][0], "it was not promoted")
        write_into_the_old_one(primary)
        watching.look_at("p1", "p1_replica")
        assert near_copy("p1") == "p1", "its log is longer, and not the new primary's"
        a_moment_ago = watching.Look(True, time.monotonic(), positions.of_replica("p1_replica"))
        watching._looks["p1_replica"] = a_moment_ago
        write_as("u7", bakery)
        seen: list[str] = []
        assert count_as("u7", bakery, seen) == 2
        assert seen == ["p1"]
        with running_replica(heir.url) as follower, led_to("p1_replica", follower.port):
            positions.keep("p1", "u8", seen="p1")
            wait_until_near()
            before = positions.known("p1", "u7")
            assert before is not None
            for timeline, copy in ((before.timeline, "p1_replica"), (before.timeline - 1, "p1")):
                told = f"{timeline} {before.place}"
                caches["default"].set(positions._key("p1", "u7"), told)
                with session("u7"):
                    assert near_copy("p1") == copy
    connections["p1"].close()


def write_into_the_old_one(primary: Server) -> None:
    primary.say("CREATE TABLE lost AS SELECT generate_series(1, 5000)")
    primary.say("DROP TABLE lost")
