"""What is read for long is of one moment, and nobody waits for who reads it."""

import pytest
from django.db import DatabaseError, connections

from django_headroom.transactions import one_state, writing
from tests.headroom.market.items.models import Item
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


@pytest.fixture
def bakery() -> Shop:
    bakery: Shop = Shop.objects.create(name="bakery", partition="p1")
    Item.objects.of(bakery).create(name="rye")
    return bakery


def names(alias: str) -> list[str]:
    return list(Item.objects.using(alias).order_by("id").values_list("name", flat=True))


def test_what_others_write_meanwhile_is_not_seen_before_the_end(bakery: Shop) -> None:
    def write(_: int) -> None:
        with writing(bakery):
            Item.objects.of(bakery).create(name="spelt")

    with one_state(bakery) as alias:
        assert names(alias) == ["rye"]
        together(2, write)  # they do not wait: the test would not end
        assert names(alias) == ["rye"]
    assert names("p1") == ["rye", "spelt", "spelt"]


def test_nothing_is_written_inside(bakery: Shop) -> None:
    if connections["p1"].vendor == "postgresql":
        with pytest.raises(DatabaseError, match="read-only"), one_state(bakery):
            Item.objects.of(bakery).create(name="spelt")
    else:
        with one_state(bakery):
            Item.objects.of(bakery).create(name="spelt")
    assert names("p1") == ["rye"]


def test_the_connection_is_as_before_whatever_goes_wrong(bakery: Shop) -> None:
    with pytest.raises(ZeroDivisionError), one_state(bakery):
        names("p1")
        1 / 0  # noqa: B018
    with writing(bakery):
        Item.objects.of(bakery).create(name="spelt")
    assert names("p1") == ["rye", "spelt"]


def test_inside_a_transaction_it_is_that_transaction(bakery: Shop) -> None:
    with writing(bakery):
        Item.objects.of(bakery).create(name="spelt")
        with one_state(bakery) as alias:
            assert names(alias) == ["rye", "spelt"]


def test_one_inside_another_is_of_the_same_moment(bakery: Shop) -> None:
    with one_state(bakery), one_state(bakery) as alias:
        assert names(alias) == ["rye"]
    with writing(bakery):
        Item.objects.of(bakery).create(name="spelt")
    assert names("p1") == ["rye", "spelt"]
