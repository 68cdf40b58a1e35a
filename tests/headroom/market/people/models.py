"""The people of the market, in a database of their own."""

from django.db import models

from django_headroom.joins import FarKey


class Person(models.Model):
    """Somebody who makes what shops sell."""

    name = models.CharField(max_length=50)

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
