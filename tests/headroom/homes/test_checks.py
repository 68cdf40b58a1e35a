"""What would cross between two homes, or has none, is refused at start-up, with both sides and the cure."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core import checks
from django.db import models
from django.test.utils import isolate_apps

from django_headroom.homes import check_homes
from django_headroom.joins import FarKey
from django_headroom.partitions import Partitioned, check_partitions
from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop

MARKET = ["tests.headroom.market.shops", "tests.headroom.market.people", "tests.headroom.market.items"]


@pytest.mark.django_db(databases="__all__")  # the newest Django asks each what it can
def test_the_market_is_as_it_should_be() -> None:
    assert [fault for fault in checks.run_checks() if fault.id.startswith("headroom.")] == []


def faults_of(declare: Callable[[], Any]) -> list[tuple[str, str]]:
    """Id and text of what is said about the models that ``declare`` makes in the apps of the market."""
    with isolate_apps(*MARKET) as registry:
        assert isinstance(registry, Apps)
        declare()
        found = [
            each
            for check in (check_homes, check_partitions)
            for each in check(list(registry.get_app_configs()))
        ]
    assert all(fault.hint for fault in found), "each says its cure"
    return [(str(fault.id), str(fault.msg)) for fault in found]


def foreign_key() -> None:
    class Stall(models.Model):
        keeper = models.ForeignKey(Person, on_delete=models.CASCADE)

        class Meta:
            app_label = "shops"


def one_to_one() -> None:
    class Stall(models.Model):
        keeper = models.OneToOneField(Person, on_delete=models.PROTECT)

        class Meta:
            app_label = "shops"


def many_to_many() -> None:
    class Stall(models.Model):
        keepers = models.ManyToManyField(Person)

        class Meta:
            app_label = "shops"


def child_of_a_model_elsewhere() -> None:
    class Keeper(Person):
        class Meta:
            app_label = "shops"


def from_a_partition() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)

        class Meta:
            app_label = "items"


def cascade_without_a_constraint() -> None:
    class Stall(models.Model):
        keeper = models.ForeignKey(Person, on_delete=models.CASCADE, db_constraint=False)

        class Meta:
            app_label = "shops"


def manager_that_joins() -> None:
    class Joining(models.Manager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().select_related("keeper")

    class Stall(models.Model):
        keeper = models.ForeignKey(Person, on_delete=models.DO_NOTHING, db_constraint=False)
        objects = Joining()

        class Meta:
            app_label = "shops"


def order_that_joins() -> None:
    class Stall(models.Model):
        keeper = models.ForeignKey(Person, on_delete=models.DO_NOTHING, db_constraint=False)

        class Meta:
            app_label = "shops"
            ordering = ["-keeper__name"]


def homeless() -> None:
    class Stall(models.Model):
        class Meta:
            app_label = "gardens"

    Stall._meta.apps.get_app_config("shops").models["stall"] = Stall


def without_its_key() -> None:
    class Crate(Partitioned):
        partition_key = "owner_id"

        class Meta:
            app_label = "items"


def with_a_key_that_may_be_null() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop", null=True)

        class Meta:
            app_label = "items"


def partitioned_at_home() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")

        class Meta:
            app_label = "people"


BOTH = r"shops.Stall lives in 'default', people.Person in 'people'"


@pytest.mark.parametrize(
    ("declare", "number", "words"),
    [
        (foreign_key, 5, ["shops.Stall.keeper is a foreign key between two homes", BOTH]),
        (one_to_one, 5, ["shops.Stall.keeper is a foreign key between two homes", BOTH]),
        (many_to_many, 5, ["shops.Stall.keepers is a many-to-many field between two homes", BOTH]),
        (child_of_a_model_elsewhere, 5, ["shops.Keeper.person_ptr", "people.Person in 'people'"]),
        (
            from_a_partition,
            5,
            ["items.Crate.owner", "items.Crate lives in the partitions, people.Person in 'people'"],
        ),
        (cascade_without_a_constraint, 6, ["shops.Stall.keeper is CASCADE between two homes", BOTH]),
        (manager_that_joins, 7, ["shops.Stall.objects has select_related between two homes", BOTH]),
        (order_that_joins, 7, ["The Meta.ordering of shops.Stall joins two homes", BOTH]),
        (homeless, 1, ["gardens.Stall has no home", "'gardens'"]),
        (without_its_key, 9, ["items.Crate has no field 'owner_id'"]),
        (with_a_key_that_may_be_null, 9, ["items.Crate.shop may be null"]),
        (partitioned_at_home, 8, ["people.Crate is Partitioned", "lives in 'people'"]),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_what_crosses_is_refused(declare: Callable[[], None], number: int, words: list[str]) -> None:
    found = faults_of(declare)
    assert [code for code, _text in found] == [f"headroom.E{number:03}"]
    assert all(each in found[0][1] for each in words)


def test_a_far_key_and_a_key_kept_by_nobody_may_cross() -> None:
    def declare() -> None:
        class Stall(models.Model):
            keeper = FarKey("people.Person")
            owner = models.ForeignKey(
                Person, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
            )
            shop = models.ForeignKey(Shop, on_delete=models.CASCADE)

            class Meta:
                app_label = "shops"
                constraints = [models.UniqueConstraint(fields=["keeper", "shop"], name="stall_once")]
                indexes = [models.Index(fields=["keeper"], name="stall_keeper")]

    assert faults_of(declare) == []


@pytest.mark.parametrize(
    ("changes", "number", "words"),
    [
        ({"HOMES": {"shopz": "default"}}, 2, "names 'shopz', and there is no such app or model"),
        ({"HOMES": {"shops.Shelf": "default"}}, 2, "names 'shops.shelf'"),
        ({"HOMES": {"people": "persons"}}, 3, "HEADROOM['HOMES']['people'] names the database 'persons'"),
        ({"SLOTS": {"p1": 1, "p9": 9}}, 3, "HEADROOM['SLOTS'] names the database 'p9'"),
        ({"REPLICAS": {"p1": ("p1_copy",)}}, 3, "HEADROOM['REPLICAS'] names the database 'p1_copy'"),
        ({"SLOTS": {}}, 3, "HEADROOM['SLOTS'] names no partition"),
        ({"DIRECTORY": ""}, 10, "HEADROOM['DIRECTORY'] is not set"),
    ],
    ids=lambda each: str(each) if isinstance(each, dict) else None,
)
def test_a_map_that_leads_nowhere_is_refused(changes: Any, number: int, words: str, settings: Any) -> None:
    homes = {**settings.HEADROOM["HOMES"], **changes.get("HOMES", {})}
    settings.HEADROOM = {**settings.HEADROOM, **changes, "HOMES": homes}
    found = [*check_homes(), *check_partitions()]
    assert [fault.id for fault in found] == [f"headroom.E{number:03}"]
    assert words in found[0].msg


def test_a_map_that_no_router_reads_is_refused(settings: Any) -> None:
    settings.DATABASE_ROUTERS = []
    assert [fault.id for fault in check_homes()] == ["headroom.E004"]


def test_a_project_without_homes_hears_nothing(settings: Any) -> None:
    settings.HEADROOM = {}
    settings.DATABASE_ROUTERS = []
    assert check_homes() == []
