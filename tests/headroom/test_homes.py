"""An app lives where the map says, and a forgotten one is refused."""

import pytest
from django.db import connections, router

from django_headroom.conf import EVERYWHERE, PARTITIONED
from django_headroom.homes import UnknownHome, home_of, lives_in, primary_of
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES


def test_the_map_is_read() -> None:
    homes = [home_of(label) for label in ("shops", "people", "items", "delayed")]
    assert homes == ["default", "people", PARTITIONED, EVERYWHERE]


def test_an_app_without_a_home_is_refused_with_the_cure() -> None:
    with pytest.raises(UnknownHome, match=r"'gardens' has no home: add it to HEADROOM\['HOMES'\]"):
        home_of("gardens")
    with pytest.raises(UnknownHome):
        router.allow_migrate("default", "gardens")


@pytest.mark.parametrize(
    ("label", "aliases"),
    [
        ("shops", {"default"}),
        ("people", {"people"}),
        ("items", {"p1", "p2"}),
        ("delayed", {"default", "people", "p1", "p2"}),
    ],
)
def test_tables_stand_in_their_homes_and_never_in_a_replica(label: str, aliases: set[str]) -> None:
    everywhere = [*DATABASES, "p1_replica"]
    assert {alias for alias in everywhere if lives_in(label, alias)} == aliases
    assert {alias for alias in everywhere if router.allow_migrate(alias, label)} == aliases


@pytest.mark.django_db(databases=DATABASES)
def test_the_databases_hold_the_tables_of_their_apps_only() -> None:
    ours = {"shops_shop", "people_person", "items_item", "items_shelf", "delayed_event"}
    found = {alias: ours & set(connections[alias].introspection.table_names()) for alias in DATABASES}
    assert found == {
        "default": {"shops_shop", "delayed_event"},
        "people": {"people_person", "delayed_event"},
        "p1": {"items_item", "items_shelf", "delayed_event"},
        "p2": {"items_item", "items_shelf", "delayed_event"},
    }


@pytest.mark.django_db(databases=DATABASES)
def test_rows_of_an_app_are_read_and_written_in_its_home() -> None:
    assert Person.objects.create(name="Ann")._state.db == "people"
    assert Shop.objects.create(name="bakery", partition="p1")._state.db == "default"
    assert Person.objects.db == "people"


def test_a_replica_is_written_through_its_primary() -> None:
    assert [primary_of(alias) for alias in ("p1_replica", "p1", "people")] == ["p1", "p1", "people"]
