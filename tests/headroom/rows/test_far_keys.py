"""A far key is a number until it is attached; what is not attached, or gone, says so when it is read."""

import copy
import pickle

import pytest
from django.db.models import F
from django.template import Context, Engine

from django_headroom.joins import (
    CrossPartitionJoin,
    FarKey,
    NotAttached,
    Tombstone,
    attach,
)
from django_headroom.joins.attaching import Missing
from django_headroom.testing import query_budget
from tests.headroom.market.items.models import Item
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


def test_a_missing_far_row_raises_does_not_exist_when_it_is_read(bakery: Shop) -> None:
    item = Item.objects.of(bakery).create(name="rye", maker_id=987_654)
    attach([item], "maker")
    with pytest.raises(Person.DoesNotExist, match=r"no people\.Person 987654 any more"):
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


def test_a_missing_row_is_none_or_a_tombstone_if_asked(bakery: Shop, ann: Person) -> None:
    def attached(missing: Missing) -> Item:
        [item] = attach([Item(name="rye", shop=bakery, maker_id=987_654)], "maker", missing=missing)
        return item

    assert attached("none").maker is None
    grave = attached("tombstone").maker
    assert (type(grave), bool(grave), grave.pk, str(grave)) == (
        Tombstone,
        False,
        987_654,
        "people.Person 987654",
    )
    with pytest.raises(Person.DoesNotExist, match=r"no people\.Person 987654 any more"):
        grave.name  # noqa: B018
    shown = Engine().from_string("[{{ item.maker.name }}{% if not item.maker %}gone{% endif %}]")
    assert shown.render(Context({"item": attached("tombstone")})) == "[gone]"
    assert copy.copy(grave).pk == pickle.loads(pickle.dumps(grave)).pk == 987_654
    item = attached("raise")
    item.maker_id = ann.pk
    with pytest.raises(NotAttached):
        item.maker  # noqa: B018 - nobody has asked for the new key
    with pytest.raises(ValueError, match="say one of 'raise', 'none', 'tombstone'"):
        attached("never")  # type: ignore[arg-type]


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
