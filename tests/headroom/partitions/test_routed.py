"""Every call form of Django's API that says whose rows it is about lands where they live.

Plain Django sends most of these to ``default``.
"""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db.models import Exists, F, OuterRef, Prefetch, Q

from django_headroom.joins import attach
from django_headroom.testing import queries_counted
from tests.headroom.market.items.models import Line, Sale
from tests.headroom.market.threads import DATABASES
from tests.headroom.partitions.conftest import Market

pytestmark = pytest.mark.django_db(databases=DATABASES)


def texts(rows: Any) -> list[str]:
    return sorted(row.text for row in rows)


def saved(row: Any) -> Any:
    row.save()
    return row


# What is called -> what it must find or leave behind, all of it on the butcher's partition, p2.
ROUTED: dict[str, tuple[Callable[[Market], Any], Any]] = {
    "filter(shop=s)": (lambda m: texts(Line.objects.filter(shop=m.butcher)), ["one", "two"]),
    "filter(shop_id=id)": (lambda m: texts(Line.objects.filter(shop_id=m.butcher.pk)), ["one", "two"]),
    "filter(shop_id='id')": (lambda m: Line.objects.filter(shop_id=str(m.butcher.pk)).count(), 2),
    "filter(shop__exact=s)": (lambda m: Line.objects.filter(shop__exact=m.butcher).count(), 2),
    "filter(shop__pk=id)": (lambda m: Line.objects.filter(shop__pk=m.butcher.pk).count(), 2),
    "filter(Q(shop=s))": (lambda m: Line.objects.filter(Q(shop=m.butcher)).count(), 2),
    "filter(Q & Q)": (lambda m: Line.objects.filter(Q(shop=m.butcher) & Q(text="one")).count(), 1),
    "filter(Q & (Q | Q))": (
        lambda m: Line.objects.filter(Q(Q(text="one") | Q(text="two"), shop=m.butcher)).count(),
        2,
    ),
    "filter(sale__shop=s)": (lambda m: Line.objects.filter(sale__shop=m.butcher).count(), 2),
    "filter(line__shop=s)": (
        lambda m: Sale.objects.filter(line__shop=m.butcher, line__text="one").count(),
        1,
    ),
    "filter(sale=row)": (lambda m: Line.objects.filter(sale=m.meat).count(), 2),
    "filter(sale__in=[row])": (lambda m: Line.objects.filter(sale__in=[m.meat]).count(), 2),
    "filter().exclude()": (lambda m: Line.objects.filter(shop=m.butcher).exclude(text="one").count(), 1),
    "exclude().filter()": (lambda m: Line.objects.exclude(text="one").filter(shop=m.butcher).count(), 1),
    "exclude over a relation": (
        lambda m: Sale.objects.filter(shop=m.butcher).exclude(line__text="three").count(),
        1,
    ),
    "get(shop=s)": (lambda m: Sale.objects.get(shop=m.butcher, number=7).pk % 1024, 2),
    "get(pk=id)": (lambda m: Sale.objects.get(pk=m.meat.pk), "meat"),
    "filter(pk=id).first()": (lambda m: Sale.objects.filter(pk=m.meat.pk).first(), "meat"),
    "filter(pk__in=ids)": (lambda m: list(Sale.objects.filter(pk__in=[m.meat.pk])), ["meat"]),
    "in_bulk(ids)": (lambda m: Sale.objects.in_bulk([m.meat.pk]), {"pk": "meat"}),
    "filter(pk=id).update()": (lambda m: Sale.objects.filter(pk=m.meat.pk).update(number=F("number") + 1), 1),
    "filter(pk=id).delete()": (lambda m: Line.objects.filter(pk=m.meat.line_set.first().pk).delete()[0], 1),
    "filter(shop=s).update()": (lambda m: Line.objects.filter(shop=m.butcher).update(text="three"), 2),
    "filter(shop=s).delete()": (lambda m: Line.objects.filter(shop=m.butcher).delete()[0], 2),
    "filter(sale__number=, shop=s).update()": (
        lambda m: Line.objects.filter(sale__number=7, shop=m.butcher).update(text="x"),
        2,
    ),
    "shop.line_set.all()": (lambda m: texts(m.butcher.line_set.all()), ["one", "two"]),
    "shop.line_set.create()": (lambda m: m.butcher.line_set.create(sale=m.meat)._state.db, "p2"),
    "shop.line_set.get_or_create()": (
        lambda m: m.butcher.line_set.get_or_create(sale=m.meat, text="new")[0]._state.db,
        "p2",
    ),
    "sale.line_set.all()": (lambda m: texts(m.meat.line_set.all()), ["one", "two"]),
    "sale.line_set.create(shop=s)": (lambda m: m.meat.line_set.create(shop=m.butcher)._state.db, "p2"),
    "sale.line_set.create()": (lambda m: m.meat.line_set.create().shop_id == m.butcher.pk, True),
    "sale.line_set.update()": (lambda m: m.meat.line_set.update(text="x"), 2),
    "line.sale": (lambda m: Line.objects.filter(shop=m.butcher, text="one").get().sale, "meat"),
    "sale.receipt": (lambda m: Sale.objects.get(pk=m.meat.pk).receipt.sale_id == m.meat.pk, True),
    "create(shop=s)": (lambda m: Sale.objects.create(shop=m.butcher)._state.db, "p2"),
    "create(shop_id=id)": (lambda m: Sale.objects.create(shop_id=m.butcher.pk)._state.db, "p2"),
    "create(sale=row)": (lambda m: Line.objects.create(sale=m.meat).shop_id == m.butcher.pk, True),
    "get_or_create(shop=s)": (
        lambda m: Sale.objects.get_or_create(shop=m.butcher, number=7),
        ("meat", False),
    ),
    "get_or_create(shop=s), new": (
        lambda m: Sale.objects.get_or_create(shop=m.butcher, number=8)[0]._state.db,
        "p2",
    ),
    "update_or_create(shop=s)": (
        lambda m: Sale.objects.update_or_create(shop=m.butcher, number=7, defaults={"paid_at": None}),
        ("meat", False),
    ),
    "update_or_create(shop=s), new": (
        lambda m: Sale.objects.update_or_create(shop_id=m.butcher.pk, number=9)[0]._state.db,
        "p2",
    ),
    "bulk_create([row])": (lambda m: Sale.objects.bulk_create([Sale(shop=m.butcher)])[0]._state.db, "p2"),
    "bulk_update([row])": (lambda m: Sale.objects.bulk_update([m.meat], ["number"]), 1),
    "Row(shop=s).save()": (lambda m: saved(Sale(shop=m.butcher))._state.db, "p2"),
    "row.save()": (lambda m: saved(m.meat)._state.db, "p2"),
    "row.refresh_from_db()": (lambda m: m.meat.refresh_from_db(), None),
    "row.delete()": (lambda m: m.meat.delete()[0], 4),
    "prefetch_related()": (
        lambda m: [
            texts(sale.line_set.all())
            for sale in Sale.objects.filter(shop=m.butcher).prefetch_related("line_set")
        ],
        [["one", "two"]],
    ),
    "prefetch_related(Prefetch)": (
        lambda m: [
            texts(sale.line_set.all())
            for sale in Sale.objects.filter(shop=m.butcher).prefetch_related(
                Prefetch("line_set", Line.objects.filter(text="one"))
            )
        ],
        [["one"]],
    ),
    "select_related('sale')": (
        lambda m: Line.objects.filter(shop=m.butcher).select_related("sale").first().sale,
        "meat",
    ),
    "subquery of the same shop": (
        lambda m: Line.objects.filter(shop=m.butcher, sale__in=Sale.objects.filter(shop=m.butcher)).count(),
        2,
    ),
    "Exists(shop=OuterRef)": (
        lambda m: (
            Sale.objects.filter(shop=m.butcher)
            .filter(Exists(Line.objects.filter(shop=OuterRef("shop"), sale=OuterRef("pk"))))
            .count()
        ),
        1,
    ),
    "union of one shop": (
        lambda m: Line.objects.filter(shop=m.butcher).union(Line.objects.filter(shop=m.butcher)).count(),
        2,
    ),
    "q | q of one shop": (
        lambda m: (
            Line.objects.filter(shop=m.butcher, text="one") | Line.objects.filter(shop=m.butcher, text="two")
        ).count(),
        2,
    ),
    "q | q by primary keys": (
        lambda m: (Sale.objects.filter(pk=m.meat.pk) | Sale.objects.filter(pk=m.meat.pk)).get(),
        "meat",
    ),
    "q | none": (lambda m: (Sale.objects.filter(pk=m.meat.pk) | Sale.objects.none()).get(), "meat"),
    "q & q, one of a shop": (
        lambda m: (Line.objects.filter(text="one") & Line.objects.filter(shop=m.butcher)).count(),
        1,
    ),
    ".db": (lambda m: Sale.objects.filter(shop=m.butcher).db, "p2"),
    "raw": (
        lambda m: Sale.objects.filter(shop=m.butcher).raw("SELECT * FROM items_sale")[0].pk == m.meat.pk,
        True,
    ),
    "iterator": (lambda m: len(list(Line.objects.filter(shop=m.butcher).iterator(chunk_size=1))), 2),
    "select_for_update": (
        lambda m: Sale.objects.select_for_update().filter(shop=m.butcher).db,
        "p2",
    ),
}


@pytest.mark.parametrize("form", ROUTED)
def test_a_call_lands_where_the_shop_lives(form: str, market: Market) -> None:
    call, expected = ROUTED[form]
    meat = {"meat": market.meat, "pk": market.meat.pk}
    with queries_counted() as spent:
        found = call(market)
    asked = {alias for alias, statements in spent.by_alias.items() if statements}
    assert asked <= {"p2", "default"}
    assert all("shops_shop" in sql for sql in spent.by_alias["default"]), "nothing but the directory"
    if isinstance(expected, str):
        assert found == meat.get(expected, expected)
    elif isinstance(expected, list | tuple | dict) and "meat" in str(expected):
        assert str(found) == str(swapped(expected, meat))
    else:
        assert found == expected


def swapped(expected: Any, cast: dict[str, Any]) -> Any:
    if isinstance(expected, dict):
        return {cast.get(key, key): cast.get(value, value) for key, value in expected.items()}
    return type(expected)(cast.get(each, each) if isinstance(each, str) else each for each in expected)


def test_what_is_written_stands_in_its_partition_and_nowhere_else(market: Market) -> None:
    Sale.objects.create(shop=market.butcher)
    Sale.objects.get_or_create(shop=market.butcher, number=8)
    Sale.objects.update_or_create(shop=market.butcher, number=9)
    Sale.objects.bulk_create([Sale(shop=market.butcher), Sale(shop_id=market.butcher.pk)])
    Sale(shop=market.butcher).save()
    market.butcher.sale_set.create()
    assert {alias: Sale.objects.using(alias).count() for alias in ("p1", "p2")} == {"p1": 1, "p2": 8}


def test_the_asynchronous_forms_are_routed_as_well(market: Market) -> None:
    async def ask() -> list[Any]:
        rows = Sale.objects.filter(shop=market.butcher)
        made = await Sale.objects.acreate(shop=market.butcher, number=8)
        return [await rows.acount(), await rows.aupdate(number=1), made._state.db]

    assert async_to_sync(ask)() == [2, 2, "p2"]


def test_rows_of_two_partitions_are_prefetched_for_each_by_itself(market: Market) -> None:
    lines = [line for shop in (market.bakery, market.butcher) for line in Line.objects.of(shop)]
    fresh = [Sale.objects.get(pk=sale.pk) for sale in (market.meat, market.bread)]
    with queries_counted() as spent:
        sales = attach(fresh, "line_set", "receipt")
        attach(lines, "sale")
    assert spent.count == 6
    assert [texts(sale.line_set.all()) for sale in sales] == [["one", "two"]] * 2
    assert [sale.receipt.sale_id for sale in sales] == [market.meat.pk, market.bread.pk]
    assert [line.sale for line in lines] == [market.bread] * 2 + [market.meat] * 2


def test_rows_of_two_partitions_are_written_if_asked_to_split(market: Market) -> None:
    rows = [Sale(shop=shop, number=number) for number in (1, 2) for shop in (market.bakery, market.butcher)]
    assert Sale.objects.bulk_create(rows, split=True) == rows
    assert [row._state.db for row in rows] == ["p1", "p2", "p1", "p2"]
    assert [
        Sale.objects.filter(shop=shop, number__in=(1, 2)).count() for shop in (market.bakery, market.butcher)
    ] == [2, 2]


def test_several_ids_are_found_wherever_they_are(market: Market) -> None:
    found = Sale.objects.in_bulk([market.bread.pk, market.meat.pk, market.meat.pk + 1024 * 1000])
    assert found == {market.bread.pk: market.bread, market.meat.pk: market.meat}
    assert {sale._state.db for sale in found.values()} == {"p1", "p2"}
