"""An app lives where the map says, and a forgotten one is refused."""

from typing import Any

import pytest
from django.db import connections, router

from django_headroom.conf import EVERYWHERE, PARTITIONED
from django_headroom.homes import UnknownHome, explain, home_of, lives_in, primary_of
from tests.headroom.market.items.models import Item, Shelf, Ticket
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


def test_a_model_may_live_elsewhere_than_its_app(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "HOMES": {**settings.HEADROOM["HOMES"], "shops.Shop": "people"}}
    assert [home_of(each) for each in (Shop, "shops.Shop", "shops.Stall", "shops")] == [
        "people",
        "people",
        "default",
        "default",
    ]
    assert Shop.objects.db == "people"
    assert [router.allow_migrate(alias, "shops", model_name="shop") for alias in ("default", "people")] == [
        False,
        True,
    ]
    assert [router.allow_migrate(alias, "shops") for alias in ("default", "people", "p1")] == [
        True,
        True,
        False,
    ]
    assert "has 'people' for the model shops.Shop" in explain(Shop)


def test_a_model_may_have_a_home_and_its_app_none(settings: Any) -> None:
    settings.HEADROOM = {**settings.HEADROOM, "HOMES": {"shops.Shop": "default"}}
    assert home_of(Shop) == "default"
    with pytest.raises(UnknownHome):
        home_of("shops.Stall")
    assert router.allow_migrate("default", "shops")


def test_a_proxy_lives_with_its_model(settings: Any) -> None:
    class Baker(Person):
        class Meta:
            app_label = "shops"
            proxy = True

    assert home_of(Baker) == "people"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("people.Person", ["lives in 'people'", "read in people, written in people, migrated in people."]),
        (Item, ["lives in the partitions", "read in one of p1, p2, p1_replica", "migrated in p1, p2."]),
        (
            Shelf,
            ["Its tenant decides: shop_id, by the directory tests.headroom.market.shops.models.partition_of"],
        ),
        (Ticket, ["It is not Partitioned, so nothing tells its tenant: name a database with using()."]),
        ("delayed.Event", ["lives in every database", "names its database with using()"]),
    ],
)
def test_a_models_place_is_explained(model: Any, words: list[str]) -> None:
    assert all(each in explain(model) for each in words)


@pytest.mark.parametrize("label", ["Person", "people.Nobody", "gardens.Tree"])
def test_what_is_no_model_cannot_be_explained(label: str) -> None:
    with pytest.raises(LookupError):
        explain(label)
