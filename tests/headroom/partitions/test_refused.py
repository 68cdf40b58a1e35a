"""Every call form that would go astray is refused, and the message names both sides.

Plain Django answers most of these with other rows, or with none and no error.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Exists, F, Q, Subquery, prefetch_related_objects

from django_headroom.homes import CrossPartitionJoin, NotAtHome
from django_headroom.partitions import (
    AnotherTenant,
    CrossHomeRelation,
    PartitionKeyRequired,
    SeveralPartitions,
)
from tests.headroom.market.items.models import Item, Line, Sale
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.partitions.conftest import Market

pytestmark = pytest.mark.django_db(databases=DATABASES)


def saved(row: Any) -> Any:
    row.save()
    return row


def handed_over(sale: Sale, shop: Shop) -> Sale:
    found = Sale.objects.get(pk=sale.pk)
    found.shop_id = shop.pk
    return found


# What is called -> how it is refused, and the words of both sides that the message has.
REFUSED: dict[str, tuple[Callable[[Market], Any], type[Exception], str]] = {
    "using('p1').select_related('shop')": (
        lambda m: list(Line.objects.using("p1").select_related("shop")),
        CrossPartitionJoin,
        r"'p1' joins items\.Line with shops\.Shop, which lives in 'default'",
    ),
    "filter(sale__shop__name=)": (
        lambda m: list(Line.objects.filter(shop=m.bakery, sale__shop__name="bakery")),
        CrossPartitionJoin,
        r"items\.Line with shops\.Shop",
    ),
    "order_by('shop__name')": (
        lambda m: list(Line.objects.filter(shop=m.bakery).order_by("shop__name")),
        CrossPartitionJoin,
        r"items\.Line with shops\.Shop",
    ),
    "values('shop__name')": (
        lambda m: list(Line.objects.filter(shop=m.bakery).values("shop__name")),
        CrossPartitionJoin,
        r"items\.Line with shops\.Shop",
    ),
    "F('shop__name')": (
        lambda m: list(Line.objects.filter(shop=m.bakery, text=F("shop__name"))),
        CrossPartitionJoin,
        r"items\.Line with shops\.Shop",
    ),
    "update over F('shop__name')": (
        lambda m: Line.objects.filter(shop=m.bakery, shop__name="bakery").update(text="x"),
        CrossPartitionJoin,
        r"shops\.Shop",
    ),
    "delete over shop__name": (
        lambda m: Line.objects.filter(shop=m.bakery, shop__name="bakery").delete(),
        CrossPartitionJoin,
        r"shops\.Shop",
    ),
    "from the other side": (
        lambda m: list(Shop.objects.filter(line__text="one")),
        CrossPartitionJoin,
        r"shops\.Shop with items\.Line, which lives in the partitions",
    ),
    "filter(shop__in=Shop.objects)": (
        lambda m: list(Line.objects.using("p1").filter(shop__in=Shop.objects.using("default"))),
        CrossPartitionJoin,
        r"Line, which lives in the partitions, has one on Shop in it, which lives in 'default'",
    ),
    "Subquery(Shop)": (
        lambda m: list(Line.objects.filter(shop=m.bakery, text__in=Subquery(Shop.objects.values("name")))),
        CrossPartitionJoin,
        r"items\.Line with shops\.Shop",
    ),
    "Exists(Shop)": (
        lambda m: list(Line.objects.filter(shop=m.bakery).filter(Exists(Shop.objects.filter(name="x")))),
        CrossPartitionJoin,
        r"items\.Line with shops\.Shop",
    ),
    "select_related of a far key": (
        lambda m: list(Item.objects.of(m.bakery).select_related("maker")),
        CrossPartitionJoin,
        r"select_related\('maker'\) would join Item with people\.Person.*attach\(rows, 'maker'\)",
    ),
    "prefetch_related of a far key": (
        lambda m: list(Item.objects.of(m.bakery).prefetch_related("maker")),
        CrossPartitionJoin,
        r"Item with people\.Person",
    ),
    "F over a far key": (
        lambda m: list(Item.objects.of(m.bakery).filter(name=F("maker__name"))),
        CrossPartitionJoin,
        r"Item with people\.Person",
    ),
    "subquery in another partition": (
        lambda m: list(Line.objects.using("p1").filter(sale__in=Sale.objects.filter(shop=m.butcher))),
        CrossPartitionJoin,
        r"Line in 'p1' has one on Sale in 'p2' in it",
    ),
    "Exists in another partition": (
        lambda m: list(Line.objects.using("p1").filter(Exists(Sale.objects.using("p2")))),
        CrossPartitionJoin,
        r"Line in 'p1' has one on Sale in 'p2' in it",
    ),
    "subquery of another shop": (
        lambda m: list(Line.objects.filter(shop=m.bakery, sale__in=Sale.objects.filter(shop=m.butcher))),
        AnotherTenant,
        r"Line of the tenant \d+ has one on Sale of the tenant \d+",
    ),
    "subquery of nobody": (
        lambda m: list(Line.objects.filter(shop=m.bakery, sale__in=Sale.objects.filter(number=7))),
        PartitionKeyRequired,
        r"A query on Sale names no tenant",
    ),
    "OR names no shop": (
        lambda m: list(Line.objects.filter(Q(shop=m.bakery) | Q(text="one"))),
        PartitionKeyRequired,
        r"Line names no tenant",
    ),
    "NOT names no shop": (
        lambda m: list(Line.objects.filter(~Q(shop=m.bakery))),
        PartitionKeyRequired,
        r"Line names no tenant",
    ),
    "exclude names no shop": (
        lambda m: list(Line.objects.exclude(shop=m.bakery)),
        PartitionKeyRequired,
        r"Line names no tenant",
    ),
    "a range names no shop": (
        lambda m: list(Line.objects.filter(shop__gt=0)),
        PartitionKeyRequired,
        r"Line names no tenant",
    ),
    "two shops in one query": (
        lambda m: list(Line.objects.filter(shop=m.bakery).filter(shop=m.butcher)),
        AnotherTenant,
        r"no row is also of",
    ),
    "two shops in one Q": (
        lambda m: list(Line.objects.filter(Q(shop=m.bakery), shop=m.butcher)),
        AnotherTenant,
        r"no row is also of",
    ),
    "a shop, and another's row": (
        lambda m: list(Line.objects.filter(shop=m.bakery, sale=m.meat)),
        CrossPartitionJoin,
        r"Line for rows of Sale in p1 and p2",
    ),
    "a shop and the other database": (
        lambda m: list(Line.objects.filter(shop=m.bakery).using("p2")),
        AnotherTenant,
        r"whose rows are in 'p1', and was sent to 'p2'",
    ),
    "q | q": (
        lambda m: list(Line.objects.filter(shop=m.bakery) | Line.objects.filter(shop=m.butcher)),
        AnotherTenant,
        r"\| of two queries on Line, one of the tenant \d+ and one of the tenant",
    ),
    "q | q of nobody": (
        lambda m: list(Line.objects.filter(shop=m.bakery) | Line.objects.filter(text="one")),
        AnotherTenant,
        r"of the tenant \d+ and one of no tenant",
    ),
    "q & q": (
        lambda m: list(Line.objects.filter(shop=m.bakery) & Line.objects.filter(shop=m.butcher)),
        AnotherTenant,
        r"& of two queries",
    ),
    "union": (
        lambda m: list(Line.objects.filter(shop=m.bakery).union(Line.objects.filter(shop=m.butcher))),
        AnotherTenant,
        r"union\(\) of two queries",
    ),
    "prefetch_related_objects over two partitions": (
        lambda m: prefetch_related_objects([m.bread, m.meat], "line_set"),
        CrossPartitionJoin,
        r"rows of Sale in p1 and p2.*attach",
    ),
    "the same, towards one": (
        lambda m: prefetch_related_objects(
            [line for shop in (m.bakery, m.butcher) for line in Line.objects.of(shop)], "sale"
        ),
        CrossPartitionJoin,
        r"sale of rows of Line in p1 and p2.*attach",
    ),
    "the same, one to one": (
        lambda m: prefetch_related_objects(
            [Sale.objects.get(pk=sale.pk) for sale in (m.bread, m.meat)], "receipt"
        ),
        CrossPartitionJoin,
        r"sale of rows of Sale in p1 and p2.*attach",
    ),
    "bulk_create over two partitions": (
        lambda m: Sale.objects.bulk_create([Sale(shop=m.bakery), Sale(shop=m.butcher)]),
        SeveralPartitions,
        r"Sale are of several partitions, p1, p2: say split=True, which is not atomic",
    ),
    "bulk_update over two partitions": (
        lambda m: Sale.objects.bulk_update([m.bread, m.meat], ["number"]),
        SeveralPartitions,
        r"several partitions, p1, p2",
    ),
    "filter(pk__in=) over two partitions": (
        lambda m: list(Sale.objects.filter(pk__in=[m.bread.pk, m.meat.pk])),
        SeveralPartitions,
        r"are in p1, p2: use in_bulk",
    ),
    "q | q by primary keys": (
        lambda m: list(Sale.objects.filter(pk=m.bread.pk) | Sale.objects.filter(pk=m.meat.pk)),
        SeveralPartitions,
        r"are in p1, p2: use in_bulk",
    ),
    "union by primary keys": (
        lambda m: list(Sale.objects.filter(pk=m.bread.pk).union(Sale.objects.filter(pk=m.meat.pk))),
        SeveralPartitions,
        r"are in p1, p2: use in_bulk",
    ),
    "q | q, one by primary key": (
        lambda m: list(Sale.objects.filter(pk=m.bread.pk) | Sale.objects.filter(number=7)),
        PartitionKeyRequired,
        r"Sale names no tenant",
    ),
    "row.shop = other; row.save()": (
        lambda m: saved(handed_over(m.meat, m.bakery)),
        AnotherTenant,
        r"This Sale was read with shop_id \d+, and now has \d+",
    ),
    "update(shop=)": (
        lambda m: Sale.objects.filter(shop=m.butcher).update(shop=m.bakery),
        AnotherTenant,
        r"does not change",
    ),
    "save(using=) of the wrong database": (
        lambda m: Sale(shop=m.butcher).save(using="p1"),
        AnotherTenant,
        r"live in 'p2', and is to be saved in 'p1'",
    ),
    "a row tied to another partition's": (
        lambda m: setattr(Line.objects.filter(shop=m.bakery)[0], "sale", m.meat),
        CrossHomeRelation,
        r"items\.Sale \(in 'p2'\) and items\.Line \(in 'p1'\) live apart",
    ),
    "a statement on another home": (
        lambda m: list(Person.objects.using("p1")),
        NotAtHome,
        r"people\.Person, which lives in 'people', was sent to 'p1'",
    ),
    "a partitioned table at home": (
        lambda m: list(Line.objects.using("default")),
        NotAtHome,
        r"items\.Line, which lives in the partitions, was sent to 'default'",
    ),
    "a slot that is no partition's": (
        lambda m: Sale.objects.get(pk=1024 * 5 + 77),
        PartitionKeyRequired,
        r"Sale names no tenant",
    ),
}


@pytest.mark.parametrize("form", REFUSED)
def test_a_call_that_would_go_astray_is_refused_and_names_both_sides(form: str, market: Market) -> None:
    call, refusal, words = REFUSED[form]
    with pytest.raises(refusal, match=words):
        call(market)
