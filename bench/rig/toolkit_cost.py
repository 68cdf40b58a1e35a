"""Run with the settings of the toolkit's test site: what its parts cost beside plain Django, as one line of JSON."""

import itertools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections, models  # noqa: E402
from django.db.models import F  # noqa: E402

from bench.rig.memory import growth_mb  # noqa: E402
from django_headroom.counters.kinds import Buffered  # noqa: E402
from django_headroom.identity import identity_map  # noqa: E402
from django_headroom.joins import attach  # noqa: E402
from django_headroom.skinny import range_iter, skinny  # noqa: E402
from django_headroom.updates import change  # noqa: E402
from tests.headroom.market.items.models import Item, Shelf  # noqa: E402
from tests.headroom.market.shops.models import Shop  # noqa: E402

ROUNDS, FEW, MANY, ALL = 60, 25, 1_000, 1_000_000


def main() -> None:
    for alias in ("default", "people", "p1", "p2"):
        call_command("migrate", database=alias, verbosity=0)
    bakery = Shop.objects.create(name="bakery", partition="p1")
    _fill(bakery)
    figures = {
        **routing(bakery),
        **attaching(bakery),
        **mapping(bakery),
        **changing(bakery),
        **counting(bakery),
        **walking(bakery),
    }
    print(json.dumps(figures))


def routing(bakery: Shop) -> dict[str, float]:
    """One row by its key: told whose, against Django told which database and the same condition."""
    keys = list(_plain().values_list("pk", flat=True)[:ROUNDS])

    def told(number: int) -> None:
        Item.objects.of(bakery).get(pk=keys[number])

    def plain(number: int) -> None:
        _plain().filter(shop_id=bakery.pk).get(pk=keys[number])

    ratio, added = _beside(told, plain, times=20)
    return {"route_over_plain_pk_select": ratio, "route_added_us": added}


def attaching(bakery: Shop) -> dict[str, float]:
    """Rows and the row that each points at: two queries and the hands of Python, against the database's join."""
    figures: dict[str, float] = {}
    for count in (FEW, MANY):

        def attached(_: int, count: int = count) -> None:
            attach(_plain().order_by("pk")[:count], "shelf")

        def joined(_: int, count: int = count) -> None:
            list(_plain().select_related("shelf").order_by("pk")[:count])

        ratio, added = _beside(attached, joined, times=4 if count == FEW else 1)
        figures |= {f"attach_{count}_over_join": ratio, f"attach_{count}_added_us": added}
    return figures


def mapping(bakery: Shop) -> dict[str, float]:
    """One row by its key out of an identity map, against the query that it saves."""
    key = _plain().values_list("pk", flat=True)[0]
    with identity_map():
        row = Item.objects.of(bakery).get(pk=key)

        def mapped(_: int) -> None:
            assert Item.objects.of(bakery).get(pk=key) is row

        ratio, added = _beside(mapped, lambda _: _plain().get(pk=key), times=20)
    return {"identity_hit_over_select": ratio, "identity_hit_added_us": added}


def changing(bakery: Shop) -> dict[str, float]:
    """One column of one row: ``change()``, which reads back, against ``save(update_fields=…)``, which does not."""
    row, prices = Item.objects.of(bakery)[0], itertools.count(1)

    def saved(_: int) -> None:
        row.price = next(prices)  # another one each time: SQLite does not write what is there already
        row.save(update_fields=["price"])

    ratio, added = _beside(lambda _: change(row, price=next(prices)), saved, times=5)
    return {"change_over_save": ratio, "change_added_us": added}


def counting(bakery: Shop) -> dict[str, float]:
    """One more of a buffered counter, against the UPDATE that it puts off."""

    def updated(_: int) -> None:
        Shop.objects.filter(pk=bakery.pk).update(visits=F("visits") + 1)

    figures: dict[str, float] = {}
    for name, gathered in (("count_line", False), ("count_gathered", True)):
        counter = Buffered("shops.Shop", "visits", gathered=gathered)

        def counted(_: int, counter: Buffered = counter) -> None:
            counter.add(bakery)

        ratio, _ = _beside(counted, updated, times=20)
        figures |= {f"{name}_over_update": ratio, f"{name}_us": 1e6 * _seconds(counted, 0, 2_000) / 2_000}
    return figures


def walking(bakery: Shop) -> dict[str, float]:
    count, grown = growth_mb(range_iter(Item.objects.of(bakery)))
    passed, kept = growth_mb(iter(skinny(Item.objects.of(bakery))))
    return {"walk_1m_mb": grown, "walk_rows": count, "pass_1m_mb": kept, "pass_rows": passed}


def _plain() -> Any:
    """Items by Django's own queryset."""
    return models.QuerySet(Item, using="p1")


def _beside(one: Callable[[int], None], other: Callable[[int], None], *, times: int) -> tuple[float, float]:
    """The median over pairs of rounds of one ÷ other, and of one − other in microseconds a call."""
    one(0), other(0)
    ratios, added = [], []
    for number in range(ROUNDS):
        first, second = (_seconds(act, number, times) for act in (one, other))
        ratios.append(first / second)
        added.append(1e6 * (first - second) / times)
    return statistics.median(ratios), statistics.median(added)


def _seconds(act: Callable[[int], None], number: int, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        act(number)
    return time.perf_counter() - began


def _fill(bakery: Shop) -> None:
    """A thousand shelves with an item each, and a million items in all, made by the database itself."""
    shelves = [Shelf(shop=bakery, name=f"shelf {number}") for number in range(MANY)]
    shelves = Shelf.objects.of(bakery).bulk_create(shelves)
    Item.objects.of(bakery).bulk_create([Item(shop=bakery, shelf=shelf, name="rye") for shelf in shelves])
    numbers = (
        f"generate_series(1, {ALL - MANY}) AS numbers(n)"
        if connections["p1"].vendor == "postgresql"
        else f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ALL - MANY}) SELECT n FROM s)"
    )
    with connections["p1"].cursor() as cursor:
        cursor.execute("SELECT max(id) FROM items_item")
        last = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO items_item (id, shop_id, name, price, state)"
            f" SELECT {last} + 1024 * n, {bakery.pk}, 'rye', 0, 'new' FROM {numbers}"
        )
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main()
