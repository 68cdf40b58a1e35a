"""The cast: a bakery on one partition and a butcher on the other, the cellar beside the bakery; Ann makes things."""

import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from django_headroom.replicas import watching
from tests.headroom.market.items.models import Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.settings import ON_POSTGRESQL

# It is about files; what is about servers stands in the folder `servers`.
collect_ignore = ["writing/test_queued_sqlite.py"] if ON_POSTGRESQL else []


@pytest.fixture(autouse=True)
def _mirrors_are_looked_at() -> None:
    """The replicas of the settings are mirrors, and not near; the tests in `servers` start real ones."""
    for alias in ("p1_replica", "p1_second"):
        watching._looks[alias] = watching.Look(False, time.monotonic() + 3600)


@pytest.fixture(autouse=True)
def _no_key_stays() -> Iterator[None]:
    """What a replica is told of its writers stays in the cache for longer than a test."""
    yield
    cache.clear()


@pytest.fixture
def bakery(db: None) -> Shop:
    return Shop.objects.create(name="bakery", partition="p1")


@pytest.fixture
def cellar(db: None) -> Shop:
    return Shop.objects.create(name="cellar", partition="p1")


@pytest.fixture
def butcher(db: None) -> Shop:
    return Shop.objects.create(name="butcher", partition="p2")


@pytest.fixture
def ann(db: None) -> Person:
    return Person.objects.create(name="Ann")


@pytest.fixture
def shelf(bakery: Shop) -> Shelf:
    return Shelf.objects.of(bakery).create(name="bread")
