"""The database itself keeps a row's ties within its tenant, and start-up refuses keys that it could not keep."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, models, transaction

from django_headroom.joins import FarKey, count_orphans
from django_headroom.partitions import Partitioned, SameTenant
from tests.headroom.homes.test_checks import faults_of
from tests.headroom.market.items.models import Line, Receipt, Sale
from tests.headroom.market.shops.models import Shop
from tests.headroom.market.threads import DATABASES


@pytest.fixture
def line(bakery: Shop) -> Line:
    return Line.objects.create(sale=Sale.objects.create(shop=bakery), text="rye")


@pytest.mark.django_db(databases=DATABASES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE items_line SET shop_id = {cellar} WHERE id = {line}",
        "UPDATE items_line SET sale_id = {theirs} WHERE id = {line}",
        "UPDATE items_sale SET shop_id = {cellar} WHERE id = {sale}",
        "INSERT INTO items_line (id, shop_id, sale_id, text) VALUES (1025, {cellar}, {sale}, 'x')",
        "DELETE FROM items_sale WHERE id = {sale}",
    ],
)
def test_no_statement_ties_a_row_to_anothers(statement: str, line: Line, cellar: Shop) -> None:
    theirs = Sale.objects.create(shop=cellar)
    places = {"cellar": cellar.pk, "line": line.pk, "sale": line.sale_id, "theirs": theirs.pk}
    with pytest.raises(IntegrityError), transaction.atomic("p1"), connections["p1"].cursor() as cursor:
        cursor.execute(statement.format(**places))
        connections["p1"].check_constraints()
    assert list(Line._base_manager.using("p1").values_list("shop_id", "sale_id")) == [
        (line.shop_id, line.sale_id)
    ]
    assert count_orphans(Line, "p1") == {"shop": 0}, "nobody needs to count what the database keeps"


@pytest.mark.django_db(databases=DATABASES)
def test_a_form_is_told_before_the_database_is(line: Line, cellar: Shop) -> None:
    Line(shop=line.shop, sale_id=line.sale_id).validate_constraints()
    with pytest.raises(ValidationError, match="line_of_own_sale"):
        Line._meta.constraints[0].validate(Line, Line(shop=cellar, sale_id=line.sale_id), using="p1")
    Receipt(shop=cellar, sale_id=line.sale_id).validate_constraints(exclude={"sale"})


def tied_by_its_key_alone() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        sale = models.ForeignKey(Sale, on_delete=models.CASCADE)

        class Meta:
            app_label = "items"


def tied_to_what_has_no_such_key() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        line = models.ForeignKey(Line, on_delete=models.CASCADE, db_constraint=False)

        class Meta:
            app_label = "items"
            constraints = [SameTenant("shop", "line", name="crate_of_own_line")]


def unique_without_its_tenant() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        number = models.IntegerField()

        class Meta:
            app_label = "items"
            constraints = [models.UniqueConstraint(fields=["number"], name="crate_numbered")]


def unique_by_an_expression() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        name = models.CharField(max_length=9)

        class Meta:
            app_label = "items"
            constraints = [models.UniqueConstraint(models.functions.Lower("name"), name="crate_named")]


def unique_in_a_column() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        label = models.CharField(max_length=9, unique=True)

        class Meta:
            app_label = "items"


def unique_together() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        shop = FarKey("shops.Shop")
        row, column = models.IntegerField(), models.IntegerField()

        class Meta:
            app_label = "items"
            unique_together = [("row", "column")]


def known_by_something_else() -> None:
    class Crate(Partitioned):
        partition_key = "shop_id"
        id = None
        shop = FarKey("shops.Shop")
        label = models.CharField(max_length=9, primary_key=True)

        class Meta:
            app_label = "items"


@pytest.mark.parametrize(
    ("declare", "number", "words"),
    [
        (tied_by_its_key_alone, 12, "items.Crate.sale may lead to a row of another tenant"),
        (tied_to_what_has_no_such_key, 12, "items.Line has no unique key of 'shop' and 'id'"),
        (unique_without_its_tenant, 11, "The unique key 'crate_numbered' of items.Crate holds no shop_id"),
        (unique_by_an_expression, 11, "The unique key 'crate_named' of items.Crate holds no shop_id"),
        (unique_in_a_column, 11, "The unique key 'label' of items.Crate holds no shop_id"),
        (unique_together, 11, "The unique key 'unique_together' of items.Crate holds no shop_id"),
        (known_by_something_else, 11, "The unique key 'label' of items.Crate holds no shop_id"),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_keys_that_could_meet_or_lead_astray_are_refused(
    declare: Callable[[], None], number: int, words: str
) -> None:
    ((code, text),) = faults_of(declare)
    assert code == f"headroom.E{number:03}"
    assert words in text


def test_a_key_with_its_tenant_or_a_reason_passes() -> None:
    def declare() -> Any:
        class Crate(Partitioned):
            partition_key = "shop_id"
            kept_otherwise = {"label": "a random UUID", "near": "only a hint"}
            shop = FarKey("shops.Shop")
            sale = models.OneToOneField(Sale, on_delete=models.CASCADE, db_constraint=False)
            near = models.ForeignKey(Line, on_delete=models.SET_NULL, null=True)
            label = models.UUIDField(unique=True)
            number = models.IntegerField()

            class Meta:
                app_label = "items"
                constraints = [
                    models.UniqueConstraint(fields=["shop", "number"], name="crate_numbered"),
                    models.UniqueConstraint("shop", models.F("number") / 2, name="crate_halved"),
                    models.UniqueConstraint(fields=["sale", "number"], name="crate_in_sale"),
                    SameTenant("shop", "sale", name="crate_of_own_sale"),
                ]

    assert faults_of(declare) == []
