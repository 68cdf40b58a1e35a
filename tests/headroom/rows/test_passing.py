"""Rows pass once; a second pass is refused and names the first."""

import copy
import gc
import inspect
import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from threading import Barrier
from typing import Any
from uuid import uuid4

import jinja2
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.template import Context, Engine

from django_headroom.identity import identity_map
from django_headroom.joins import NotAttached
from django_headroom.skinny import (
    QuerySetDoubleIteration,
    SkinnyQuerySet,
    range_iter,
    skinny,
)
from django_headroom.testing import queries_counted, query_budget
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES, together
from tests.headroom.rows.behind import names

pytestmark = pytest.mark.django_db(databases=DATABASES)


def here(after: int = 0) -> str:
    """The file and line of the caller."""
    frame = inspect.stack()[1]
    return f"{frame.filename}:{frame.lineno + after}"


def test_the_slides_example(bakery: Shop) -> None:
    """Slide 25: plain Django answers the slice from memory, at the price of keeping all rows; we ask for ten."""
    Item.objects.of(bakery).bulk_create([Item(name="x") for _ in range(12)])

    def asked(rows: Any) -> list[int]:
        found = []
        for act in (lambda: rows, lambda: rows[0:10], lambda: rows.filter(name="x")):
            with queries_counted() as spent:
                list(act())
            found.append(spent.count)
        return found

    assert asked(Item.objects.of(bakery)) == [1, 0, 1]
    assert asked(skinny(Item.objects.of(bakery))) == [1, 1, 1]


def test_a_second_pass_raises_and_names_the_place_of_the_first(loaves: Any) -> None:
    with query_budget(1):
        place = here(after=1)
        assert len([*loaves]) == 12
        with pytest.raises(QuerySetDoubleIteration) as refusal:
            list(loaves)
    assert str(refusal.value) == (
        f"These rows of Item passed at {place} and were not kept: ask anew with .all(), or keep them there, "
        f"as rows = list(queryset)."
    )


@pytest.mark.parametrize(
    "ask",
    [
        len,
        bool,
        lambda rows: rows[0],
        lambda rows: "x" in rows,
        pickle.dumps,
        list,
        lambda rows: rows.iterator(),
    ],
    ids=["len", "bool", "index", "in", "pickle", "list", "iterator"],
)
def test_what_needs_the_rows_again_is_refused_after_the_pass(loaves: Any, ask: Callable[[Any], Any]) -> None:
    for _ in loaves:
        break  # a pass that was left half-way is one, too
    with query_budget(0), pytest.raises(QuerySetDoubleIteration, match=r"ask anew with \.all\(\)"):
        ask(loaves)


def test_the_explicit_iterator_is_the_pass_as_well(loaves: Any) -> None:
    assert len(list(loaves.iterator())) == 12
    with pytest.raises(QuerySetDoubleIteration):
        iter(loaves)


@pytest.mark.parametrize("first", [len, bool], ids=["len", "bool"])
def test_rows_that_were_counted_first_are_kept_and_may_pass_often(loaves: Any, first: Any) -> None:
    with query_budget(1):
        assert first(loaves)
        assert names(loaves) == names(loaves)
        assert loaves[0].name == "loaf 00"
        assert len(loaves) == 12
    assert names(pickle.loads(pickle.dumps(loaves.model.objects.using("p1").order_by("id")))) == names(loaves)


@pytest.mark.parametrize("passed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: rows.count() == 12,
        lambda rows: rows.exists(),
        lambda rows: rows.first().name == "loaf 00",
        lambda rows: rows.last().name == "loaf 11",
        lambda rows: rows.get(name="loaf 03").price == 3,
        lambda rows: names(rows.filter(price__gt=9)) == ["loaf 10", "loaf 11"],
        lambda rows: names(rows.all()) == [f"loaf {n:02}" for n in range(12)],
        lambda rows: names(rows[2:4]) == ["loaf 02", "loaf 03"],
        lambda rows: rows.values_list("price", flat=True)[1] == 1,
        lambda rows: len(rows.order_by().in_bulk()) == 12,
        lambda rows: len(rows.order_by().filter(price=1).union(rows.order_by().filter(price=2))) == 2,
        lambda rows: rows.order_by().filter(price=3).update(state="sold") == 1,
        lambda rows: rows.order_by().filter(price=3).delete()[0] == 1,
        lambda rows: names(copy.deepcopy(rows))[0] == "loaf 00",
        lambda rows: "loaf 00" in repr(rows),
    ],
)
def test_what_asks_anew_is_allowed_before_the_pass_and_after(
    loaves: Any, ask: Callable[[Any], bool], passed: bool
) -> None:
    if passed:
        assert len([*loaves]) == 12
    assert ask(loaves)


def test_rows_with_others_below_them_are_deleted_as_ever(shelf: Shelf) -> None:
    Item.objects.of(shelf.shop_id).create(name="rye", shelf=shelf)
    assert skinny(Shelf.objects.of(shelf.shop_id)).delete()[0] == 2


def test_of_threads_that_begin_together_one_gets_the_rows(loaves: Any) -> None:
    barrier = Barrier(8)

    def begin(_: int) -> bool:
        barrier.wait()
        try:
            iter(loaves)
        except QuerySetDoubleIteration:
            return False
        return True

    for _ in range(20):
        loaves = loaves.all()
        assert sorted(together(8, begin)) == [False] * 7 + [True]


def test_a_template_of_django_may_ask_for_rows_or_their_absence(loaves: Any) -> None:
    page = Engine().from_string("{% for row in rows %}{{ row.price }},{% empty %}none{% endfor %}")
    assert page.render(Context({"rows": loaves})) == "0,1,2,3,4,5,6,7,8,9,10,11,"
    assert page.render(Context({"rows": loaves.filter(price=99)})) == "none"


def test_a_template_of_jinja_may_ask_for_rows_their_number_or_their_absence(loaves: Any) -> None:
    page = jinja2.Template("{% for row in rows %}{{ row.price }}{{ sign }}{% else %}none{% endfor %}")
    assert page.render(rows=loaves, sign=",") == "0,1,2,3,4,5,6,7,8,9,10,11,"
    assert page.render(rows=loaves.filter(price=99)) == "none"
    page = jinja2.Template("{% for row in rows %}{{ loop.index }}/{{ loop.length }} {% endfor %}")
    assert page.render(rows=loaves.filter(price__lt=2)) == "1/2 2/2 "


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_an_asynchronous_pass_has_the_same_rules(loaves: Any) -> None:
    async def ask() -> None:
        assert [row.price async for row in loaves.attaching("maker")] == [*range(12)]
        assert [row.maker.name async for row in loaves.attaching("maker").aiterator(5)] == ["Ann"] * 12
        assert [row.price async for row in loaves] == [*range(12)]
        with pytest.raises(QuerySetDoubleIteration, match=r"test_passing\.py"):
            [row async for row in loaves]
        with pytest.raises(QuerySetDoubleIteration):
            loaves.aiterator()
        kept = loaves.all()
        assert await sync_to_async(len)(kept) == 12
        assert [row.pk async for row in kept] == [row.pk async for row in kept]

    async_to_sync(ask)()


def test_far_rows_are_attached_a_chunk_at_a_time(loaves: Any, butcher: Shop) -> None:
    with query_budget(2):
        assert {row.maker.name for row in loaves.attaching("maker")} == {"Ann"}
    with queries_counted() as spent:
        assert {row.shop.name for row in loaves.attaching("shop").iterator(chunk_size=5)} == {"bakery"}
    assert len(spent.by_alias["default"]) == 3, "twelve rows in chunks of five"
    kept = loaves.attaching("maker")
    assert len(kept) == 12
    with query_budget(0):
        assert kept[0].maker.name == "Ann"
    with pytest.raises(NotAttached):
        loaves.all()[0].maker  # noqa: B018


def test_related_rows_are_prefetched_a_chunk_at_a_time(loaves: Any, shelf: Shelf) -> None:
    loaves.order_by().update(shelf=shelf)
    with queries_counted() as spent:
        rows = loaves.prefetch_related("shelf").iterator(chunk_size=5)
        assert [row.shelf.name for row in rows] == ["bread"] * 12
    assert spent.count == 4, "the rows, and their shelves in three chunks"


def test_what_passes_is_not_put_into_an_identity_map(loaves: Any) -> None:
    with identity_map() as opened:
        assert len(list(loaves)) == 12
        assert len(list(range_iter(loaves.order_by()))) == 12
        assert len(opened) == 0


def test_a_class_of_ones_own_is_skinny_by_declaration(bakery: Shop) -> None:
    Item.objects.of(bakery).create(name="rye")

    class Passing(SkinnyQuerySet, type(Item.objects.of(bakery))):  # type: ignore[misc]
        pass

    rows = Passing(Item).of(bakery)
    assert names(rows) == ["rye"]
    with pytest.raises(QuerySetDoubleIteration):
        names(rows)
    assert type(skinny(rows)) is Passing


def test_a_pass_and_a_walk_keep_a_few_rows_and_not_all(bakery: Shop) -> None:
    """Counted in bytes that are alive at the peak; a list of the same rows is the measure."""
    Item.objects.of(bakery).bulk_create([Item(name=str(uuid4())) for _ in range(20_000)])

    def peak(rows: Callable[[], Iterator[Any]]) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            assert sum(1 for _ in rows()) == 20_000
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    rows = Item.objects.of(bakery)
    kept = peak(lambda: iter(list(rows.all())))
    assert peak(lambda: iter(skinny(rows))) < kept / 5
    assert peak(lambda: range_iter(rows)) < kept / 5
