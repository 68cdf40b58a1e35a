"""A walk that writes goes no faster than its replicas follow."""

import threading
import time
from typing import Any

import pytest
from django.db import connections

from django_headroom.replicas import near_copy
from django_headroom.skinny import copies_near, range_iter
from django_headroom.updates import change
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.replica import Replica
from tests.headroom.servers.conftest import REPLICAS, until, wait_until_near
from tests.headroom.settings import ON_POSTGRESQL

pytestmark = [
    pytest.mark.django_db(databases=[*DATABASES, *REPLICAS], transaction=True),
    pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has no replicas"),
]


def test_a_walk_that_writes_waits_while_no_replica_follows(
    replica: Replica, bakery: Shop, settings: Any
) -> None:
    """It stands still; the walk is seen to as soon as somebody has looked at it, and stands still as well."""
    Item.objects.of(bakery).bulk_create([Item(name="x" * 50) for _ in range(2_000)])
    wait_until_near()
    replica.pause()
    written: list[int] = []

    def walk() -> None:
        try:
            for item in range_iter(Item.objects.of(bakery), step=20, pause=copies_near("p1", patience=60)):
                change(item, name="y" * 50)
                written.append(item.pk)
        finally:
            connections.close_all()

    walking = threading.Thread(target=walk)
    walking.start()
    try:
        until(lambda: near_copy("p1") == "p1", "the replica was taken for near")
        until(lambda: stands_still(written), "the walk went on")
        assert (walking.is_alive(), len(written) % 20) == (True, 0), "it waits between two steps"
        assert 20 <= len(written) < 2_000
    finally:
        replica.resume()
        walking.join(60)
    assert len(written) == 2_000, "and goes on when the replica has come near"


def stands_still(written: list[int]) -> bool:
    before = len(written)
    time.sleep(1.5)  # far longer than a step needs
    return len(written) == before
