"""What counters keep beside the column they count in: a table of slots, and one of what was flushed."""

from django.db import models


class Slot(models.Model):
    """One of several rows that a sharded counter adds to, so that not everybody waits for one lock."""

    counter = models.CharField(max_length=120)
    row = models.BigIntegerField()
    slot = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["counter", "row", "slot"], name="counters_slot_once")]

    def __str__(self) -> str:
        return f"{self.counter} of {self.row}, slot {self.slot}: {self.amount:+d}"


class Flushed(models.Model):
    """A file of increments that this database has taken in; the row goes when the file is gone."""

    batch = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.batch)
