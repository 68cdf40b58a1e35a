"""The cast: a bakery on one partition and a butcher on the other, the cellar beside the bakery; Ann makes things."""

import pytest

from tests.headroom.market.items.models import Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.settings import ON_POSTGRESQL

# It is about files; what is about servers stands in the folder `servers`.
collect_ignore = ["test_queued_sqlite.py"] if ON_POSTGRESQL else []


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
