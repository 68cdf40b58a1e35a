"""The people of the market, in a database of their own."""

from django.db import models


class Person(models.Model):
    """Somebody who makes what shops sell."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name
