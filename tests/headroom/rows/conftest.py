"""Twelve loaves that pass once; a rye loaf on a shelf, made before any identity map; and a map."""

from collections.abc import Iterator
from typing import Any

import pytest

from django_headroom.identity import IdentityMap, identity_map
from django_headroom.skinny import skinny
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop


@pytest.fixture
def loaves(bakery: Shop, ann: Person) -> Any:
    """Twelve loaves, as a skinny queryset."""
    Item.objects.of(bakery).bulk_create([Item(name=f"loaf {n:02}", price=n, maker=ann) for n in range(12)])
    return skinny(Item.objects.of(bakery).order_by("id"))


@pytest.fixture
def rye(bakery: Shop, shelf: Shelf, ann: Person) -> Item:
    """A row that was made before any map."""
    return Item.objects.of(bakery).create(name="rye", price=3, shelf=shelf, maker=ann)


@pytest.fixture
def opened(rye: Item) -> Iterator[IdentityMap]:
    with identity_map() as opened:
        yield opened
