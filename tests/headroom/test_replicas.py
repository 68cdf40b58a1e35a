"""A near replica is read from; one that is behind or gone is left alone, and the reader notices nothing."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InternalError, connections

from django_headroom import replicas
from django_headroom.replicas import near_copy, read
from django_headroom.updates import change
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.replica import Replica, running_replica
from tests.headroom.settings import SERVER

pytestmark = pytest.mark.django_db(databases=[*DATABASES, "p1_replica"], transaction=True)


@pytest.fixture(scope="module")
def running(django_db_setup: None) -> Iterator[Replica]:
    with running_replica(SERVER) as replica:
        yield replica


@pytest.fixture
def replica(running: Replica, settings: Any) -> Iterator[Replica]:
    """The replica under its alias, looked at each time, and near only if it has all but a kilobyte."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_LAG_BYTES": 1024, "REPLICA_CHECK_SECONDS": 0}
    connection = connections["p1_replica"]
    connection.close()
    before = dict(connection.settings_dict)
    connection.settings_dict.update(HOST="127.0.0.1", PORT=running.port)
    replicas._looks.clear()
    yield running
    connection.close()
    connection.settings_dict.update(before)
    replicas._looks.clear()


def names(shop: Shop) -> list[str]:
    """The shop's items, and the alias they were read from."""

    def reading(alias: str) -> list[str]:
        return [alias, *Item.objects.of(shop).using(alias).order_by("id").values_list("name", flat=True)]

    return read("p1", reading)


def wait_until_near() -> None:
    deadline = time.monotonic() + 20
    while near_copy("p1") == "p1":
        assert time.monotonic() < deadline, "the replica did not come near"
        time.sleep(0.02)


def write_much(shop: Shop) -> None:
    Item.objects.of(shop).bulk_create(Item(name=str(number)) for number in range(200))


def test_a_database_without_replicas_is_read_itself() -> None:
    assert (near_copy("p2"), near_copy("people")) == ("p2", "people")
    assert read("p2", lambda alias: alias) == "p2"


def test_a_mirror_that_is_no_replica_is_not_read() -> None:
    replicas._looks.clear()
    assert near_copy("p1") == "p1"
    replicas._looks.clear()


def test_a_near_replica_is_read(replica: Replica, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    deadline = time.monotonic() + 20
    while names(bakery) != ["p1_replica", "rye"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_replica_further_behind_than_allowed_is_not_read(replica: Replica, bakery: Shop) -> None:
    wait_until_near()
    replica.pause()
    try:
        write_much(bakery)
        Item.objects.of(bakery).create(name="rye")
        assert near_copy("p1") == "p1"
        assert names(bakery)[0] == "p1"
        assert names(bakery)[-1] == "rye"
    finally:
        replica.resume()
    wait_until_near()
    assert names(bakery)[0] == "p1_replica", "and is read again when it has come near"


def test_one_look_holds_for_a_while(replica: Replica, bakery: Shop, settings: Any) -> None:
    wait_until_near()
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 60}
    assert near_copy("p1") == "p1_replica"
    replica.pause()
    try:
        write_much(bakery)
        assert names(bakery)[0] == "p1_replica", "known to be near a moment ago: stale for a minute at most"
    finally:
        replica.resume()


def test_what_was_read_from_a_replica_is_written_to_the_primary(replica: Replica, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    deadline = time.monotonic() + 20
    while (item := Item.objects.of(bakery).using("p1_replica").first()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    change(item, price=3)
    item.name = "more rye"
    item.save()
    assert Item.objects.of(bakery).values_list("name", "price").get() == ("more rye", 3)


def test_a_write_through_a_replica_is_refused_by_the_server(replica: Replica, bakery: Shop) -> None:
    wait_until_near()
    with pytest.raises(InternalError, match="read-only transaction"):
        Item.objects.of(bakery).using("p1_replica").update(price=1)


def test_an_error_on_a_replica_is_read_again_on_the_primary(replica: Replica, bakery: Shop) -> None:
    wait_until_near()
    Item.objects.of(bakery).create(name="rye")

    def cancelled(alias: str) -> str:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {1 if alias == 'p1_replica' else 0}")
            cursor.execute("SELECT pg_sleep(0.2)")
        return alias

    assert read("p1", cancelled) == "p1"


def test_a_replica_that_is_killed_is_left_without_an_error(bakery: Shop, settings: Any) -> None:
    """Also while it counts as near, by the last look at it."""
    with running_replica(SERVER) as victim:
        settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 60}
        connections["p1_replica"].close()
        before = dict(connections["p1_replica"].settings_dict)
        connections["p1_replica"].settings_dict.update(HOST="127.0.0.1", PORT=victim.port)
        replicas._looks.clear()
        try:
            Item.objects.of(bakery).create(name="rye")
            assert names(bakery)[0] == "p1_replica"
            victim.kill()
            assert [names(bakery) for _ in range(3)] == [["p1", "rye"]] * 3
            replicas._looks.clear()
            assert names(bakery) == ["p1", "rye"], "nor does looking at it hurt"
        finally:
            connections["p1_replica"].close()
            connections["p1_replica"].settings_dict.update(before)
            replicas._looks.clear()
