"""A query must be told where: `of` routes and filters, a row goes to its tenant, and the rest is refused by name."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, router
from django.db.models import Count, F, prefetch_related_objects
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from django_headroom.partitions import AnotherTenant, CrossHomeRelation, PartitionKeyRequired, partition_of
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)

QUERIES_WITHOUT_A_TENANT: dict[str, Callable[[], Any]] = {
    "iteration": lambda: list(Item.objects.filter(price=1)),
    "iterator": lambda: next(Item.objects.filter(price=1).iterator()),
    "index": lambda: Item.objects.order_by("id")[0],
    "first": lambda: Item.objects.first(),
    "last": lambda: Item.objects.last(),
    "latest": lambda: Shelf.objects.latest("changed_at"),
    "values": lambda: list(Item.objects.values("name")),
    "values_list": lambda: list(Item.objects.values_list("pk", flat=True)),
    "datetimes": lambda: list(Shelf.objects.datetimes("changed_at", "day")),
    "count": lambda: Item.objects.count(),
    "exists": lambda: Item.objects.exists(),
    "aggregate": lambda: Item.objects.aggregate(Count("pk")),
    "union": lambda: list(Item.objects.filter(price=1).union(Item.objects.filter(price=2))),
    "select_related": lambda: list(Item.objects.select_related("shelf")),
    "select_for_update": lambda: Item.objects.select_for_update().first(),
    "raw": lambda: list(Item.objects.raw("SELECT * FROM items_item")),
    "explain": lambda: Item.objects.filter(price=1).explain(),
    "create": lambda: Item.objects.create(name="rye"),
    "get_or_create": lambda: Item.objects.get_or_create(name="rye"),
    "update_or_create": lambda: Item.objects.update_or_create(name="rye", defaults={"price": 1}),
    "bulk_create": lambda: Item.objects.bulk_create([Item(name="rye")]),
    "bulk_create of none": lambda: Item.objects.bulk_create([]),
    "bulk_update": lambda: Item.objects.bulk_update([Item(pk=1)], ["name"]),
    "get": lambda: Item.objects.get(name="rye"),
    "in_bulk of all": lambda: Item.objects.in_bulk(),
    "complex_filter": lambda: Item.objects.complex_filter({"price": 1}).exists(),
    "update": lambda: Item.objects.filter(price=1).update(price=F("price") + 1),
    "delete": lambda: Item.objects.filter(price=1).delete(),
    "base manager": lambda: Item._base_manager.count(),
    "save of a row of nobody": lambda: Item(name="rye").save(),
    "delete of a row of nobody": lambda: Item(pk=1).delete(),
    "refresh of a row of nobody": lambda: Item(pk=1).refresh_from_db(),
    "parent of a row of nobody": lambda: Item(shelf_id=1).shelf,
    "children of a row of nobody": lambda: Shelf(pk=1).items.count(),
    "child made by a row of nobody": lambda: Shelf(pk=1).items.create(name="rye"),
    "prefetch for a row of nobody": lambda: prefetch_related_objects([Shelf(pk=1)], "items"),
}


@pytest.mark.parametrize("form", QUERIES_WITHOUT_A_TENANT)
def test_a_query_that_names_no_tenant_is_refused_with_its_model_and_line(form: str) -> None:
    query = QUERIES_WITHOUT_A_TENANT[form]
    with pytest.raises(PartitionKeyRequired) as refusal:
        query()
    assert "A query on " in str(refusal.value)
    assert "Item" in str(refusal.value) or "Shelf" in str(refusal.value)
    assert f"({__file__}:{query.__code__.co_firstlineno})" in str(refusal.value)
    assert ".objects.of(tenant)" in str(refusal.value), "the cure"


def test_of_goes_to_the_partition_and_keeps_to_the_tenant(bakery: Shop, butcher: Shop) -> None:
    query = Item.objects.of(bakery).filter(name="rye")
    assert query.db == "p1"
    assert '"shop_id" = ' in str(query.query)
    assert Item.objects.of(butcher).db == "p2"
    assert Item.objects.of(butcher.pk).db == "p2", "an id is looked up in the directory"
    assert partition_of(bakery) == partition_of(bakery.pk) == "p1"


def test_shops_never_see_each_other(bakery: Shop, cellar: Shop, butcher: Shop) -> None:
    shops = (bakery, cellar, butcher)
    items = {shop.name: Item.objects.of(shop).create(name=f"of {shop.name}") for shop in shops}
    for shop in shops:
        seen = Item.objects.of(shop)
        assert [item.name for item in seen] == [f"of {shop.name}"]
        assert seen.count() == 1
        for other in (other for other in shops if other != shop):
            assert not seen.filter(pk=items[other.name].pk).exists()
            assert seen.filter(name=f"of {other.name}").update(price=9) == 0
            assert seen.filter(name=f"of {other.name}").delete()[0] == 0
            with pytest.raises(Item.DoesNotExist):
                seen.get(pk=items[other.name].pk)
    assert {alias: Item.objects.using(alias).count() for alias in ("p1", "p2")} == {"p1": 2, "p2": 1}


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(placed=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 99)), max_size=12))
def test_each_shop_always_sees_exactly_its_own(
    bakery: Shop, cellar: Shop, butcher: Shop, placed: list[tuple[int, int]]
) -> None:
    shops = (bakery, cellar, butcher)
    for shop in shops:
        Item.objects.of(shop).delete()
    for whose, price in placed:
        Item.objects.of(shops[whose]).create(name="rye", price=price)
    for number, shop in enumerate(shops):
        expected = sorted(price for whose, price in placed if whose == number)
        assert sorted(Item.objects.of(shop).values_list("price", flat=True)) == expected


def test_what_is_created_gets_its_tenant(bakery: Shop, butcher: Shop) -> None:
    assert Item.objects.of(butcher).create(name="ham").shop_id == butcher.pk
    assert Item.objects.of(butcher).get_or_create(name="ham") == (Item.objects.of(butcher).get(), False)
    assert Item.objects.of(bakery).get_or_create(name="rye")[0].shop_id == bakery.pk
    assert Item.objects.of(bakery).update_or_create(name="oat", defaults={"price": 3})[0].shop_id == bakery.pk
    assert {
        item.shop_id for item in Item.objects.of(bakery).bulk_create([Item(name="a"), Item(name="b")])
    } == {bakery.pk}
    shelf = Shelf.objects.of(butcher).create(name="cold")
    ham = shelf.items.create(name="more ham")
    assert (ham.shop_id, ham._state.db) == (butcher.pk, "p2")


def test_nobody_writes_in_the_name_of_another(
    bakery: Shop, cellar: Shop, butcher: Shop, shelf: Shelf
) -> None:
    with pytest.raises(AnotherTenant, match="its own tenant"):
        Item.objects.of(bakery).create(shop=butcher, name="ham")
    with pytest.raises(AnotherTenant):
        Item.objects.of(bakery).bulk_create([Item(shop_id=butcher.pk, name="ham")])
    with pytest.raises(AnotherTenant):
        shelf.items.create(shop_id=cellar.pk, name="wine")
    with pytest.raises(CrossHomeRelation, match=r"items\.Item \(in 'p2'\).*live apart"):
        shelf.items.create(shop_id=butcher.pk, name="ham")
    with pytest.raises(AnotherTenant, match="ask for each by itself"):
        Item.objects.of(bakery).of(butcher)
    assert Item.objects.of(bakery).of(bakery.pk).count() == 0


def test_a_row_goes_where_its_tenant_lives(bakery: Shop, butcher: Shop, shelf: Shelf) -> None:
    ham = Item(shop=butcher, name="ham")
    ham.save()
    assert ham._state.db == "p2"
    copy = Item.objects.of(butcher).get()
    copy.pk, copy.shop, copy._state.adding = None, bakery, True
    copy.save()
    assert copy._state.db == "p1", "a copy goes to its own tenant, not where it was copied from"
    ham.price = 7
    ham.save()
    ham.refresh_from_db()
    assert (ham.price, ham._state.db) == (7, "p2")
    ham.delete()
    assert not Item.objects.using("p2").exists()


def test_rows_of_two_tenants_cannot_be_tied(bakery: Shop, cellar: Shop, butcher: Shop, shelf: Shelf) -> None:
    for stranger in (cellar, butcher):
        with pytest.raises(AnotherTenant, match="tie it to a row of its own tenant"):
            Item(shop=stranger, name="ham", shelf=shelf).save()
        with pytest.raises(AnotherTenant):
            Item.objects.of(stranger).bulk_create([Item(name="ham", shelf=shelf)])
    Item(shop=bakery, name="rye", shelf=shelf).save()
    assert shelf.items.count() == 1


def test_what_is_reached_from_a_row_stays_in_its_database(butcher: Shop) -> None:
    cold = Shelf.objects.of(butcher).create(name="cold")
    Item.objects.of(butcher).create(name="ham", shelf=cold)
    ham = Item.objects.of(butcher).get()
    assert ham.shelf._state.db == "p2"
    assert [item.name for item in cold.items.filter(name="ham")] == ["ham"]
    assert Item(shop_id=butcher.pk, shelf_id=cold.pk).shelf == cold


def test_a_database_may_be_named_instead_of_a_tenant(bakery: Shop, cellar: Shop) -> None:
    Item.objects.using("p1").create(shop=bakery, name="rye")
    Item.objects.of(cellar).create(name="wine")
    assert Item.objects.using("p1").count() == 2


def test_a_row_without_its_tenant_is_not_written(bakery: Shop) -> None:
    with pytest.raises(IntegrityError):
        Item.objects.using("p1").create(name="rye")


def test_a_tenant_that_was_not_saved_has_no_rows_to_ask_for() -> None:
    with pytest.raises(PartitionKeyRequired, match="save it"):
        Item.objects.of(Shop(name="new", partition="p1"))


def test_an_id_needs_a_directory(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "DIRECTORY": ""}
    with pytest.raises(ImproperlyConfigured, match="DIRECTORY"):
        Item.objects.of(7)


def test_an_app_with_a_home_needs_no_tenant(ann: Person) -> None:
    assert Person.objects.get(name="Ann")._state.db == "people"


def test_a_row_read_from_a_replica_is_written_to_the_primary(bakery: Shop, shelf: Shelf) -> None:
    shelf._state.db = "p1_replica"
    assert router.db_for_read(Item, instance=shelf) == "p1_replica", "what is tied to it is read beside it"
    assert router.db_for_write(Item, instance=shelf) == "p1"
    rye = Item(shop=bakery, shelf=shelf, name="rye")
    rye.save()
    assert rye._state.db == "p1"
    shelf.name = "more bread"
    shelf.save()
    assert shelf._state.db == "p1"
