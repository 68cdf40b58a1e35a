"""What shops sell, partitioned by shop; and a plain Django model, to show what goes wrong without the toolkit."""

from typing import ClassVar

from django.db import models

from django_headroom.caching.rows import RowsByKey, RowsQuerySet
from django_headroom.identity import Mapped, MappedQuerySet
from django_headroom.joins import FarKey
from django_headroom.partitions import Partitioned, PartitionedQuerySet, SameTenant


class OfShopQuerySet(MappedQuerySet, PartitionedQuerySet):
    """Rows of a shop."""


class OfShop(Mapped, Partitioned):
    """A row that belongs to a shop."""

    partition_key: ClassVar[str] = "shop_id"

    shop = FarKey("shops.Shop")

    objects: ClassVar = OfShopQuerySet.as_manager()

    class Meta:
        abstract = True


class Shelf(OfShop):
    """Where items lie."""

    name = models.CharField(max_length=50, default="")
    count = models.IntegerField(default=0)
    open = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Item(OfShop):
    """Something for sale; its shelf is a plain foreign key, so that a test can tie it to another's."""

    kept_otherwise: ClassVar = {"shelf": "tests tie items to the shelves of others"}

    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE, null=True, related_name="items")
    maker = FarKey("people.Person", null=True)
    name = models.CharField(max_length=50)
    price = models.IntegerField(default=0)
    state = models.CharField(max_length=10, default="new")

    def __str__(self) -> str:
        return self.name


class LoafQuerySet(RowsQuerySet, OfShopQuerySet):
    """Loaves, whose writes are heard by the rows that are kept of them."""


class Loaf(OfShop):
    """An item of which many ask."""

    name = models.CharField(max_length=50)
    price = models.IntegerField(default=0)
    baker = FarKey("people.Baker", null=True)

    rows = RowsByKey("name", "price", "baker")
    objects: ClassVar = LoafQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A plain model with Django's own ids, in each partition."""

    text = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.text


class Sale(Partitioned):
    """What was sold at once; its shop is a Django foreign key that crosses to another home, and is kept by nobody."""

    partition_key: ClassVar[str] = "shop_id"

    shop = models.ForeignKey("shops.Shop", on_delete=models.DO_NOTHING, db_constraint=False)
    number = models.IntegerField(default=0)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "id"], name="sale_in_shop")]

    def __str__(self) -> str:
        return f"sale {self.number}"


class Line(Partitioned):
    """One line of a sale."""

    partition_key: ClassVar[str] = "shop_id"

    shop = models.ForeignKey("shops.Shop", on_delete=models.DO_NOTHING, db_constraint=False)
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, db_constraint=False)
    text = models.CharField(max_length=50, default="")

    class Meta:
        constraints = [SameTenant("shop", "sale", name="line_of_own_sale")]

    def __str__(self) -> str:
        return self.text


class Receipt(Partitioned):
    """The paper of a sale, of which there is one."""

    partition_key: ClassVar[str] = "shop_id"

    shop = models.ForeignKey("shops.Shop", on_delete=models.DO_NOTHING, db_constraint=False)
    sale = models.OneToOneField(Sale, on_delete=models.CASCADE, db_constraint=False)

    class Meta:
        constraints = [SameTenant("shop", "sale", name="receipt_of_own_sale")]

    def __str__(self) -> str:
        return f"receipt of {self.sale_id}"
