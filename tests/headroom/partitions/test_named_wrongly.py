"""A database that is named, or follows from a first row, must be the one of the rows that are meant.

Plain Django believes it, and answers with what it finds there; or deletes, writes and ties in the wrong place.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.db.models import Prefetch, Q

from django_headroom.homes import CrossPartitionJoin
from django_headroom.partitions import AnotherTenant
from tests.headroom.market.items.models import Line, Sale
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES
from tests.headroom.partitions.conftest import Market

pytestmark = pytest.mark.django_db(databases=DATABASES)


def cascading(market: Market) -> None:
    """As a project whose checks are silenced: E006 refuses the rule at start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line._meta.get_field("shop").remote_field, "on_delete", models.CASCADE)
        market.bakery.delete()


# What is called -> how it is refused, and the words of both sides that the message has.
REFUSED: dict[str, tuple[Callable[[Market], Any], type[Exception], str]] = {
    "using('p1') before the shop": (
        lambda m: list(Line.objects.using("p1").filter(shop=m.butcher)),
        AnotherTenant,
        r"whose rows are in 'p2', and was sent to 'p1'",
    ),
    "using('p1') before the shop's id": (
        lambda m: Line.objects.using("p1").filter(shop_id=m.butcher.pk).count(),
        AnotherTenant,
        r"whose rows are in 'p2', and was sent to 'p1'",
    ),
    "using('p1').create(shop=)": (
        lambda m: Sale.objects.using("p1").create(shop=m.butcher),
        AnotherTenant,
        r"whose rows are in 'p2', and was sent to 'p1'",
    ),
    "using('p1').get_or_create(shop=)": (
        lambda m: Sale.objects.using("p1").get_or_create(shop=m.butcher, number=8),
        AnotherTenant,
        r"whose rows are in 'p2', and was sent to 'p1'",
    ),
    "using('p1').bulk_create([row])": (
        lambda m: Sale.objects.using("p1").bulk_create([Sale(shop=m.bakery), Sale(shop=m.butcher)]),
        AnotherTenant,
        r"whose rows are in 'p2', and was sent to 'p1'",
    ),
    "using('p1').filter(shop__in=)": (
        lambda m: list(Line.objects.using("p1").filter(shop__in=[m.bakery, m.butcher])),
        CrossPartitionJoin,
        r"Line for rows of Shop in p1 and p2",
    ),
    "the same, out of a generator in a Q": (
        lambda m: list(
            Line.objects.using("p1").filter(Q(Q(shop__in=(each for each in (m.bakery, m.butcher)))))
        ),
        CrossPartitionJoin,
        r"Line for rows of Shop in p1 and p2",
    ),
    "prefetch_related of shops over two partitions": (
        lambda m: list(Shop.objects.prefetch_related("sale_set")),
        CrossPartitionJoin,
        r"Sale for rows of Shop in p1 and p2.*attach",
    ),
    "the same, with a queryset": (
        lambda m: list(Shop.objects.prefetch_related(Prefetch("sale_set", Sale.objects.filter(number=7)))),
        CrossPartitionJoin,
        r"Sale for rows of Shop in p1 and p2.*attach",
    ),
    "update(row=another's)": (
        lambda m: Line.objects.filter(shop=m.bakery).update(sale=m.meat),
        CrossPartitionJoin,
        r"Line for rows of Sale in p1 and p2",
    ),
    "a cascade over two homes": (
        cascading,
        CrossPartitionJoin,
        r"items\.Line, which lives in the partitions",
    ),
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_meant_for_another_place_is_refused(form: str, market: Market) -> None:
    call, refusal, words = REFUSED[form]
    with pytest.raises(refusal, match=words):
        call(market)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_refused_write_or_cascade_has_left_everything_as_it_was(market: Market) -> None:
    for form in ("a cascade over two homes", "using('p1').bulk_create([row])", "update(row=another's)"):
        with pytest.raises(CrossPartitionJoin):
            REFUSED[form][0](market)
    assert set(Shop.objects.all()) == {market.bakery, market.butcher}
    for shop, sale in ((market.bakery, market.bread), (market.butcher, market.meat)):
        assert [row.shop_id for row in Sale.objects.using(shop.partition)] == [shop.pk]
        assert [row.sale for row in Line.objects.of(shop)] == [sale, sale]


def test_a_row_of_another_in_the_same_partition_is_no_tie_either(market: Market, cellar: Shop) -> None:
    hers = Sale.objects.of(cellar).create(number=1)
    [line, _] = Line.objects.of(market.bakery)
    line.sale = hers
    for tie in (
        lambda: Line.objects.of(market.bakery).update(sale=hers),
        lambda: Line.objects.bulk_update([line], ["sale"]),
        line.save,
    ):
        with pytest.raises(AnotherTenant):
            tie()
    assert not hers.line_set.exists()
