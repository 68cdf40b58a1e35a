"""The tenants of the market: shops, all in the database ``default``; each has its rows in one partition."""

from django.db import models


class Shop(models.Model):
    """A tenant."""

    name = models.CharField(max_length=50)
    partition = models.CharField(max_length=10)
    visits = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


def partition_of(shop_id: int) -> str:
    """The directory: which partition holds a shop's rows."""
    return Shop.objects.get(pk=shop_id).partition
