"""An id alone finds its row, in two queries at most, also after its tenant has moved."""

from collections.abc import Iterator

import pytest
from django.db import connections

from django_headroom.ids import STEP, UnknownSlot, birthplace, find, leave_word, take
from django_headroom.partitions.directory import _named
from django_headroom.testing import query_budget
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops import models as shops
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, str]]:
    """A directory in the process: asking it is no query. Tenant → partition."""
    places: dict[int, str] = {}
    monkeypatch.setattr(shops, "partition_of", lambda shop_id: places[shop_id])
    _named.cache_clear()
    yield places
    _named.cache_clear()


@pytest.fixture
def rye(bakery: Shop, known: dict[int, str]) -> Item:
    known[bakery.pk] = "p1"
    return Item.objects.of(bakery).create(name="rye")


def carry(item: Item, origin: str, to: str, *, sweep: bool = True) -> None:
    """Move a row as a tenant's move does: it leaves word, is copied, and is swept away."""
    leave_word(origin, Item, item.shop_id)
    Item._base_manager.using(to).bulk_create([Item(pk=item.pk, shop_id=item.shop_id, name=item.name)])
    if sweep:
        Item.objects.using(origin).filter(pk=item.pk).delete()


def test_an_id_tells_where_its_row_was_born_without_a_query() -> None:
    with query_budget(0):
        assert [birthplace(key) for key in (1, 2, 1 + STEP, 2 + 5 * STEP)] == ["p1", "p2", "p1", "p2"]


@pytest.mark.parametrize("key", [0, STEP, 3, -1, 2**63 + 1])
def test_an_id_that_nobody_can_have_given_is_refused(key: int) -> None:
    with pytest.raises(UnknownSlot, match="No database has slot"):
        birthplace(key)
    with pytest.raises(Item.DoesNotExist):
        find(Item, key)


def test_a_row_is_found_where_it_was_born_by_one_query(rye: Item) -> None:
    with query_budget(1):
        found = find(Item, rye.pk)
    assert (found, found.name, found._state.db, found.shop_id) == (rye, "rye", "p1", rye.shop_id)
    assert not hasattr(found, "left_for")


def test_a_row_that_moved_is_found_by_two_queries(rye: Item, known: dict[int, str]) -> None:
    carry(rye, "p1", "p2")
    known[rye.shop_id] = "p2"
    with query_budget(2) as spent:
        found = find(Item, rye.pk)
    assert (found.name, found._state.db) == ("rye", "p2")
    assert [len(spent.by_alias[alias]) for alias in ("p1", "p2")] == [1, 1]


def test_a_row_that_was_not_swept_yet_is_not_taken_for_the_moved_one(
    rye: Item, known: dict[int, str]
) -> None:
    carry(rye, "p1", "p2", sweep=False)
    known[rye.shop_id] = "p2"
    Item.objects.using("p2").filter(pk=rye.pk).update(name="rye, wholemeal")
    with query_budget(2):
        assert find(Item, rye.pk).name == "rye, wholemeal"


def test_word_may_be_left_before_the_move_is_done(rye: Item) -> None:
    assert leave_word("p1", Item, rye.shop_id) == 1
    with query_budget(1):
        assert find(Item, rye.pk)._state.db == "p1", "the directory still says p1"


def test_a_row_that_moved_on_or_came_back_is_found_in_two_queries(rye: Item, known: dict[int, str]) -> None:
    carry(rye, "p1", "p2")
    carry(rye, "p2", "p1")
    assert find(Item, rye.pk)._state.db == "p1"
    with connections["p2"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM headroom_departed WHERE id = %s", [rye.pk])
        assert cursor.fetchone() == (0,), "only where it was born does a row leave word"


def test_a_row_that_is_gone_is_not_there(rye: Item, known: dict[int, str]) -> None:
    Item.objects.using("p1").filter(pk=rye.pk).delete()
    with pytest.raises(Item.DoesNotExist, match=f"No Item has the id {rye.pk}"):
        find(Item, rye.pk)
    moved = Item.objects.using("p1").create(shop_id=rye.shop_id, name="wheat")
    known[rye.shop_id] = "p2"
    leave_word("p1", Item, rye.shop_id)
    Item.objects.using("p1").filter(pk=moved.pk).delete()
    with pytest.raises(Item.DoesNotExist):
        find(Item, moved.pk)


def test_each_table_has_its_own_rows_of_one_id(rye: Item, bakery: Shop) -> None:
    Shelf.objects.of(bakery).bulk_create([Shelf(pk=rye.pk, name="the shelf")])
    assert find(Shelf, rye.pk).name == "the shelf"
    leave_word("p1", Shelf, bakery.pk)
    assert find(Item, rye.pk).name == "rye"


def test_word_is_left_in_steps_and_may_be_left_again(rye: Item, cellar: Shop, known: dict[int, str]) -> None:
    known[cellar.pk] = "p1"
    more = Item.objects.using("p1").bulk_create(Item(shop_id=rye.shop_id, name="x") for _ in range(9))
    Item.objects.using("p1").bulk_create([Item(shop_id=cellar.pk, name="another tenant's")])
    Item.objects.using("p1").bulk_create([Item(pk=take("p2", Item, 1)[0], shop_id=rye.shop_id, name="of p2")])
    half = more[4].pk
    assert leave_word("p1", Item, rye.shop_id, upto=half) == 6
    assert leave_word("p1", Item, rye.shop_id, after=half) == 4
    assert leave_word("p1", Item, rye.shop_id) == 10
