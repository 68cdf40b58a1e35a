"""A far key is a number until it is attached; attach() is the join, one query for many rows."""

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from django_headroom.joins import CHUNK, CrossPartitionJoin, FarKey, NotAttached, attach
from django_headroom.testing import queries_counted, query_budget
from tests.headroom.market.items.models import Item, Shelf
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)


def test_a_far_row_that_is_not_attached_raises_and_names_the_cure(bakery: Shop, ann: Person) -> None:
    Item.objects.of(bakery).create(name="rye", maker=ann)
    item = Item.objects.of(bakery).get()
    assert item.maker_id == ann.pk
    with query_budget(0), pytest.raises(NotAttached, match=r"call attach\(rows, 'maker'\) on the whole list"):
        item.maker  # noqa: B018 - reading it is the point
    with pytest.raises(NotAttached):
        hasattr(item, "maker")  # also where an AttributeError would be swallowed, as in templates


def test_rows_of_two_partitions_are_attached_by_one_query_for_each_name(bakery: Shop, butcher: Shop) -> None:
    ann, bo = Person.objects.create(name="Ann"), Person.objects.create(name="Bo")
    for shop in (bakery, butcher):
        Item.objects.of(shop).bulk_create(
            [Item(name="x", maker=(ann, bo)[number % 2]) for number in range(10)]
        )
    items = [item for shop in (bakery, butcher) for item in Item.objects.of(shop).order_by("id")]
    with queries_counted() as spent:
        assert attach(items, "maker", "shop") is not items
    assert {alias: len(found) for alias, found in spent.by_alias.items() if found} == {
        "people": 1,
        "default": 1,
    }
    with query_budget(0):
        assert [item.maker.name for item in items] == ["Ann", "Bo"] * 10
        assert {item.shop.name for item in items[:10]} == {"bakery"}
        attach(items, "maker")  # what is attached is not asked for again
    assert items[0].maker is items[2].maker, "equal keys share one object"


def test_a_generator_is_taken_and_the_order_kept(bakery: Shop, ann: Person) -> None:
    names = ["c", "a", "b"]
    found = attach((Item(name=name, shop=bakery, maker_id=ann.pk) for name in names), "maker")
    assert [(item.name, item.maker) for item in found] == [(name, ann) for name in names]


def test_many_keys_are_asked_for_in_chunks(bakery: Shop) -> None:
    people = Person.objects.bulk_create([Person(name="x") for _ in range(CHUNK + 1)])
    items = [Item(name="x", maker_id=person.pk) for person in people]
    with queries_counted() as spent:
        attach(items, "maker")
    assert spent.count == 2
    assert [item.maker.pk for item in items] == [person.pk for person in people]


def test_nothing_costs_nothing(bakery: Shop) -> None:
    with query_budget(0):
        assert attach([], "maker") == []
        assert attach([Item(name="x")], "maker")[0].maker is None


def test_a_missing_far_row_raises_does_not_exist_when_it_is_read(bakery: Shop) -> None:
    item = Item.objects.of(bakery).create(name="rye", maker_id=987)
    attach([item], "maker")
    with pytest.raises(Person.DoesNotExist, match=r"no people\.Person 987 any more"):
        item.maker  # noqa: B018


def test_a_changed_key_is_not_answered_with_the_old_row(bakery: Shop, ann: Person) -> None:
    bo = Person.objects.create(name="Bo")
    item = Item(name="rye", shop=bakery, maker=ann)
    item.maker_id = bo.pk
    with pytest.raises(NotAttached):
        item.maker  # noqa: B018
    assert attach([item], "maker")[0].maker == bo
    item.maker = None
    assert (item.maker, item.maker_id) == (None, None)
    item.maker = ann.pk
    assert item.maker_id == ann.pk


def test_only_a_saved_row_of_the_right_kind_can_stand_at_the_far_end(bakery: Shop) -> None:
    for wrong in (bakery, Person(name="not saved")):
        with pytest.raises(ValueError, match=r"takes a saved people\.Person"):
            Item(name="rye", maker=wrong)


def test_a_path_follows_what_is_loaded_and_nothing_else(bakery: Shop, shelf: Shelf) -> None:
    Item.objects.of(bakery).bulk_create(
        [Item(name="x", shelf=shelf), Item(name="y", shelf=shelf), Item(name="z")]
    )
    items = attach(Item.objects.of(bakery).select_related("shelf").order_by("name"), "shelf.shop")
    assert [item.shelf and item.shelf.shop for item in items] == [bakery, bakery, None]
    with query_budget(1), pytest.raises(NotAttached, match=r"use select_related\('shelf'\)"):
        attach(Item.objects.of(bakery), "shelf.shop")
    with pytest.raises(NotAttached, match="attach it first"):
        attach([Item(name="x", maker_id=1)], "maker.shop")


def test_a_near_key_is_no_far_key(shelf: Shelf) -> None:
    with pytest.raises(TypeError, match=r"select_related\('shelf'\)"):
        attach([Item(shelf=shelf)], "shelf")


@pytest.mark.parametrize(
    "query",
    [
        lambda items: items.filter(maker__name="Ann"),
        lambda items: items.exclude(maker__name="Ann"),
        lambda items: items.order_by("maker__name"),
        lambda items: items.values("maker__name"),
        lambda items: items.annotate(who=F("maker__name")),
        lambda items: items.update(name=F("maker__name")),
    ],
    ids=["filter", "exclude", "order_by", "values", "F", "update"],
)
def test_a_look_up_across_a_far_key_is_refused_and_names_both_sides(bakery: Shop, query: object) -> None:
    with pytest.raises(CrossPartitionJoin, match=r"would join Item with people\.Person.*filter by maker_id"):
        list(query(Item.objects.of(bakery)))  # type: ignore[operator]


def test_a_far_key_is_filtered_by_row_and_by_number(bakery: Shop, ann: Person) -> None:
    Item.objects.of(bakery).create(name="rye", maker=ann)
    Item.objects.of(bakery).create(name="oat")
    items = Item.objects.of(bakery)
    for found in (items.filter(maker=ann), items.filter(maker_id=ann.pk), items.filter(maker__in=[ann])):
        assert [item.name for item in found] == ["rye"]
    assert [item.name for item in items.filter(maker__isnull=True)] == ["oat"]
    assert [item.name for item in items.filter(maker=None)] == ["oat"]


def test_a_far_key_is_written_down_in_migrations() -> None:
    name, path, positional, options = Item._meta.get_field("maker").deconstruct()
    assert (name, path, positional) == ("maker", "django_headroom.joins.FarKey", ["people.Person"])
    assert isinstance(FarKey(*positional, **options), FarKey)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    people=st.sets(st.integers(1, 30), max_size=12),
    makers=st.lists(st.none() | st.integers(1, 30), max_size=25),
)
def test_attach_is_the_join(bakery: Shop, butcher: Shop, people: set[int], makers: list[int | None]) -> None:
    """On any rows it gives what a look-up in a dict of the other table would give."""
    Person.objects.filter(pk__gt=0).delete()
    by_key = {
        person.pk: person for person in Person.objects.bulk_create(Person(pk=pk, name="x") for pk in people)
    }
    items = [Item(maker_id=key, shop=(bakery, butcher)[number % 2]) for number, key in enumerate(makers)]
    for item, key in zip(attach(items, "maker"), makers, strict=True):
        if key is None:
            assert item.maker is None
        elif key in by_key:
            assert item.maker == by_key[key]
        else:
            with pytest.raises(Person.DoesNotExist):
                item.maker  # noqa: B018
