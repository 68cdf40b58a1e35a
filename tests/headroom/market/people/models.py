"""The people of the market, in a database of their own."""

from typing import ClassVar

from django.db import models

from django_headroom.caching.rows import RowsByKey, RowsQuerySet
from django_headroom.identity import Mapped, MappedQuerySet
from django_headroom.joins import FarKey


class Person(Mapped):
    """Somebody who makes what shops sell."""

    name = models.CharField(max_length=50)

    objects: ClassVar = MappedQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"  # so that a foreign key to a person asks the identity map as well

    def __str__(self) -> str:
        return self.name


class BakerQuerySet(RowsQuerySet, MappedQuerySet):
    """Bakers, whose writes are heard by the rows that are kept of them."""


class Baker(Mapped):
    """Somebody whose name everybody reads."""

    never_kept: ClassVar = ("address",)

    name = models.CharField(max_length=50)
    wage = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    hired_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=50, default="")
    teacher = models.ForeignKey("self", on_delete=models.CASCADE, null=True)

    rows = RowsByKey("name", "wage", "hired_at", "teacher")
    objects: ClassVar = BakerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """What somebody says of an item; the item stands in its shop's partition."""

    by = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="reviews")
    about = FarKey("people.Person", null=True)
    shop = FarKey("shops.Shop", null=True)
    item = FarKey("items.Item", null=True)

    def __str__(self) -> str:
        return f"review {self.pk}"
