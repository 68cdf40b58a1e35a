"""Nobody keeps a far key: who points at what is gone, or at another's, is counted."""

import pytest

from django_headroom.joins import count_orphans
from django_headroom.testing import query_budget
from tests.headroom.market.items.models import Item, Sale, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_rows_that_point_at_what_is_gone_are_counted(bakery: Shop, butcher: Shop, ann: Person) -> None:
    gone = Person.objects.create(name="Gone")
    for shop, makers in ((bakery, (ann, gone, gone, None)), (butcher, (ann, None))):
        Item.objects.of(shop).bulk_create([Item(name="x", maker=maker) for maker in makers])
    Sale.objects.create(shop=butcher)
    assert count_orphans(Item, "p1") == {"shop": 0, "maker": 0, "shelf": 0}
    gone.delete()
    assert count_orphans(Item, "p1") == {"shop": 0, "maker": 2, "shelf": 0}
    assert count_orphans(Item, "p2") == {"shop": 0, "maker": 0, "shelf": 0}
    Shop.objects.filter(pk=butcher.pk).delete()
    assert count_orphans(Sale, "p2") == {"shop": 1}
    assert count_orphans(Shop, "default") == {}


def test_a_tie_to_anothers_row_is_counted(bakery: Shop, cellar: Shop) -> None:
    hers = Shelf.objects.of(cellar).create(name="wine")
    Item.objects.of(bakery).create(name="rye", shelf=Shelf.objects.of(bakery).create(name="bread"))
    Item.objects.of(bakery).create(name="loose")
    Item._base_manager.using("p1").filter(name="rye").update(shelf=hers)
    assert count_orphans(Item, "p1")["shelf"] == 1


def test_a_table_is_walked_in_steps(bakery: Shop, ann: Person) -> None:
    Item.objects.of(bakery).bulk_create([Item(name="x", maker_id=ann.pk + number) for number in range(1500)])
    with query_budget(3 + 2 + 2 + 1):  # the walk, the people of each step, the shops, the shelves
        assert count_orphans(Item, "p1") == {"shop": 0, "maker": 1499, "shelf": 0}
