"""The market as the tables of call forms find it."""

from dataclasses import dataclass

import pytest

from tests.headroom.market.items.models import Item, Line, Receipt, Sale, Shelf
from tests.headroom.market.shops.models import Shop


@dataclass
class Market:
    """Two shops on two partitions, each with a sale of two lines, and a shelf with two items."""

    bakery: Shop
    butcher: Shop
    bread: Sale
    meat: Sale
    rack: Shelf
    hook: Shelf


@pytest.fixture
def market(bakery: Shop, butcher: Shop) -> Market:
    sales, shelves = [], []
    for shop in (bakery, butcher):
        sale = Sale.objects.of(shop).create(number=7)
        shelf = Shelf.objects.of(shop).create(name="front")
        for text in ("one", "two"):
            Line.objects.of(shop).create(sale=sale, text=text)
            Item.objects.of(shop).create(shelf=shelf, name=text)
        Receipt.objects.of(shop).create(sale=sale)
        sales.append(sale)
        shelves.append(shelf)
    return Market(bakery, butcher, *sales, *shelves)
