"""Three nodes for all tests of a folder; whoever kills or stops one starts and wakes it again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from django_headroom.caching import Store, stores
from django_headroom.caching.embedded import Embedded
from django_headroom.caching.memcached import Patience, Pool
from tests.headroom.caching.nodes import Memcached
from tests.headroom.market.items.models import Loaf
from tests.headroom.market.people.models import Baker
from tests.headroom.market.shops.models import Shop

NAMES = ("a", "b", "c")
# More than the default allows, as the machine that runs the tests has other work as well; and soon looked at.
PATIENCE = Patience(seconds=0.5, look_seconds=0.3, links=4)


@pytest.fixture(scope="module")
def _running() -> Iterator[dict[str, Memcached]]:
    nodes = {name: Memcached() for name in NAMES}
    yield nodes
    for node in nodes.values():
        node.wake()
        node.kill()


@pytest.fixture
def nodes(_running: dict[str, Memcached]) -> Iterator[dict[str, Memcached]]:
    yield _running
    for node in _running.values():
        node.wake()
        if node.process.poll() is not None:
            node.start()
        node.say(b"flush_all\r\n")


@pytest.fixture
def begin() -> Iterator[Callable[..., Pool]]:
    """Pools that are ended with the test."""
    begun = []

    def pool_of(*written: str, patience: Patience = PATIENCE, **options: int) -> Pool:
        begun.append(Pool(written, patience, **options))
        return begun[-1]

    yield pool_of
    for pool in begun:
        pool.close()


@pytest.fixture
def pool(nodes: dict[str, Memcached], begin: Callable[..., Pool]) -> Pool:
    return begin(*(f"{name}={node.place}" for name, node in nodes.items()))


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    store = Embedded(tmp_path / "cache", most_bytes=4 << 20, seconds=0.5)
    yield store
    store.close()


@pytest.fixture(params=["embedded", "memcached"])
def kept(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Store:
    """The process's own store, of either kind; whoever waits there has time enough, however busy the machine."""
    where: dict[str, Any] = {"CACHE_FOLDER": str(tmp_path / "own")}
    if request.param == "memcached":
        where = {"CACHE": (request.getfixturevalue("nodes")["a"].place,)}
    patient = {"CACHE_SECONDS": 2, "FETCH_WAIT_SECONDS": 600, "FETCH_LEASE_SECONDS": 600}
    settings.HEADROOM = {**settings.HEADROOM, **where, **patient}
    return stores.store()


@pytest.fixture
def loaves(bakery: Shop, butcher: Shop) -> list[Loaf]:
    """Three on p1, and three on p2."""
    shops = (bakery, bakery, bakery, butcher, butcher, butcher)
    return [Loaf.objects.of(shop).create(name=f"loaf {number}") for number, shop in enumerate(shops)]


@pytest.fixture
def bo(db: None) -> Baker:
    ann = Baker.objects.create(name="Ann")
    return Baker.objects.create(
        name="Bo", wage="12.50", hired_at=datetime(2020, 2, 29, 12, 30, 1, 123456, UTC), teacher=ann
    )
