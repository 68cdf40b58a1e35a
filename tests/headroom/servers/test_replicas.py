"""A near replica is read from; one that is behind or gone is left alone, and the reader notices nothing."""

import time
from collections import Counter
from typing import Any

import pytest
from django.db import connections, transaction

from django_headroom.replicas import near_copy, read, session, watching
from django_headroom.testing import queries_counted
from django_headroom.updates import change
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.replica import Replica
from tests.headroom.servers.conftest import REPLICAS, SECOND, until, wait_until_left, wait_until_near

pytestmark = pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True)


def names(shop: Shop) -> list[str]:
    """The alias that the shop's items were read from, and the items."""

    def reading(alias: str) -> list[str]:
        return [alias, *Item.objects.of(shop).using(alias).order_by("id").values_list("name", flat=True)]

    return read("p1", reading)


def write_much(shop: Shop) -> None:
    Item.objects.of(shop).bulk_create(Item(name=str(number)) for number in range(200))


def test_a_database_without_replicas_is_read_itself() -> None:
    assert (near_copy("p2"), near_copy("people")) == ("p2", "people")
    assert read("p2", lambda alias: alias) == "p2"


def test_a_mirror_that_is_no_replica_is_not_read() -> None:
    watching.forget()
    watching.look_at("p1", "p1_replica")
    assert near_copy("p1") == "p1"
    watching.forget()


def test_a_near_replica_is_read(replica: Replica, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    until(lambda: names(bakery) == ["p1_replica", "rye"], "it did not replay")


def test_a_replica_further_behind_than_allowed_is_not_read(replica: Replica, bakery: Shop) -> None:
    wait_until_near()
    replica.pause()
    write_much(bakery)
    Item.objects.of(bakery).create(name="rye")
    wait_until_left()
    assert (names(bakery)[0], names(bakery)[-1]) == ("p1", "rye")
    replica.resume()
    wait_until_near()
    assert names(bakery)[0] == "p1_replica", "and is read again when it has come near"


def test_a_replica_that_is_older_than_allowed_is_not_read(
    replica: Replica, bakery: Shop, settings: Any
) -> None:
    """However few bytes that are."""
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_LAG_BYTES": 2**30, "REPLICA_LAG_SECONDS": 0.2}
    wait_until_near()
    replica.pause()
    Item.objects.of(bakery).create(name="rye")
    wait_until_left()
    replica.resume()
    wait_until_near()


def test_a_quiet_database_makes_no_replica_old(replica: Replica, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_LAG_SECONDS": 0.05}
    wait_until_near()
    time.sleep(0.3)  # nothing is written meanwhile, so the last thing replayed grows old
    wait_until_near()
    assert near_copy("p1") == "p1_replica"


def test_one_look_holds_for_a_while_and_for_all_threads(
    replica: Replica, bakery: Shop, settings: Any
) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 20}
    wait_until_near()
    replica.pause()
    write_much(bakery)
    with queries_counted() as spent:
        assert names(bakery)[0] == "p1_replica", "known to be near a moment ago"
    assert spent.count == 1, "the reader's own query, and none to look"
    assert together(8, lambda _: near_copy("p1")) == ["p1_replica"] * 8


def test_many_readers_send_for_one_look(replica: Replica, settings: Any, monkeypatch: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 20}
    looks: Counter[str] = Counter()
    look_at = watching._look_aside

    def counted(primary: str, alias: str) -> None:
        looks[alias] += 1
        time.sleep(0.2)
        look_at(primary, alias)

    monkeypatch.setattr(watching, "_look_aside", counted)
    together(16, lambda _: near_copy("p1"))
    until(lambda: "p1_replica" in watching._looks, "nobody has looked")
    assert looks["p1_replica"] == 1


def test_what_was_read_from_a_replica_is_written_to_the_primary(replica: Replica, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    until(lambda: Item.objects.of(bakery).using("p1_replica").exists(), "it did not replay")
    item = Item.objects.of(bakery).using("p1_replica").get()
    change(item, price=3)
    item.name = "more rye"
    item.save()
    assert Item.objects.of(bakery).values_list("name", "price").get() == ("more rye", 3)


def test_an_error_on_a_replica_is_read_again_on_the_primary(replica: Replica, bakery: Shop) -> None:
    wait_until_near()

    def cancelled(alias: str) -> str:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {1 if alias == 'p1_replica' else 0}")
            cursor.execute("SELECT pg_sleep(0.2)")
        return alias

    assert read("p1", cancelled) == "p1"


def test_a_replica_that_has_not_heard_of_a_new_table_is_no_error(replica: Replica) -> None:
    wait_until_near()
    replica.pause()
    with connections["p1"].cursor() as cursor:
        cursor.execute("CREATE TABLE news (id int)")
    try:

        def reading(alias: str) -> str:
            with connections[alias].cursor() as asking:
                asking.execute("SELECT count(*) FROM news")
            return alias

        assert read("p1", reading) == "p1"
    finally:
        with connections["p1"].cursor() as cursor:
            cursor.execute("DROP TABLE news")


def test_readers_are_shared_out_by_weight(replica: Replica, second: Replica, settings: Any) -> None:
    weights = {"p1_replica": 3, SECOND: 1}
    settings.HEADROOM = {**settings.HEADROOM, "REPLICAS": {"p1": weights}, "REPLICA_CHECK_SECONDS": 20}
    wait_until_near(*weights)
    drawn = Counter(near_copy("p1") for _ in range(4000))
    assert 2700 < drawn["p1_replica"] < 3300
    assert drawn["p1_replica"] + drawn[SECOND] == 4000
    known: Counter[str] = Counter()
    for number in range(4000):
        with session(f"u{number}"):
            known[near_copy("p1")] += 1
    assert 2700 < known["p1_replica"] < 3300
    assert known["p1_replica"] + known[SECOND] == 4000


def test_a_request_reads_one_copy_of_each_database(replica: Replica, second: Replica, settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "REPLICA_CHECK_SECONDS": 20}
    wait_until_near(*REPLICAS)
    seen = set()
    for _ in range(40):
        with session():
            assert len({near_copy("p1") for _ in range(10)}) == 1
            seen.add(near_copy("p1"))
    assert seen == {"p1_replica", SECOND}


def test_a_reader_never_goes_back_in_time(replica: Replica, second: Replica, bakery: Shop) -> None:
    """Of two replicas one stands still; whoever has seen the other never sees this one's older rows."""
    wait_until_near(*REPLICAS)
    seen = {f"u{number}": 0 for number in range(6)}
    for stage, paused in enumerate((replica, second, replica, second)):
        paused.pause()
        for _ in range(10):
            Item.objects.of(bakery).create(name=str(stage))
            for actor, before in seen.items():
                with session(actor):
                    seen[actor] = read("p1", lambda alias: Item.objects.of(bakery).using(alias).count())
                assert seen[actor] >= before
        paused.resume()


def test_in_a_transaction_the_primary_is_read(replica: Replica, bakery: Shop) -> None:
    wait_until_near()
    with transaction.atomic(using="p1"):
        assert names(bakery)[0] == "p1"
        Item.objects.of(bakery).create(name="rye")
        assert names(bakery) == ["p1", "rye"]


def test_rows_are_locked_on_the_primary_alone(replica: Replica, bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")
    wait_until_near()
    until(lambda: Item.objects.of(bakery).using("p1_replica").exists(), "it did not replay")
    item = Item.objects.of(bakery).using("p1_replica").get()
    with transaction.atomic(using="p1"):
        assert Item.objects.select_for_update().of(bakery).get(pk=item.pk)._state.db == "p1"
