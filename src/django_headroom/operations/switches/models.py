"""Every turn of a switch, which is how it stands and its history; what people chose; what is felt of features."""

from django.db import models
from django.utils import timezone


class Turn(models.Model):
    """Who has turned a switch to what, when and why. The latest of a switch is how it stands; none is ever changed.

    Its number is the version. Whoever turns takes the next one after all that he sees; of two who take the same, the
    database lets one commit and has the other try again: versions are in the order of the commits.
    """

    version = models.BigIntegerField(primary_key=True)
    switch = models.CharField(max_length=100)
    rule = models.JSONField()
    by = models.CharField(max_length=100)
    why = models.CharField(max_length=300)
    turned_at = models.DateTimeField(default=timezone.now)
    reverts = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["switch", "version"], name="switches_turns_of")]

    def __str__(self) -> str:
        return f"{self.version}: {self.switch}"


class Choice(models.Model):
    """That somebody has chosen a switch for herself, or not any more; the versions are in the order of the commits."""

    switch = models.CharField(max_length=100)
    actor = models.CharField(max_length=100)
    is_in = models.BooleanField()
    version = models.BigIntegerField(unique=True)
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["switch", "actor"], name="switches_chosen_once")]

    def __str__(self) -> str:
        return f"{self.actor} has {'' if self.is_in else 'not '}chosen {self.switch}"


class Felt(models.Model):
    """What one process has felt of a feature since its window began, while the switch stood by one turn."""

    switch = models.CharField(max_length=100)
    process = models.CharField(max_length=32)
    version = models.BigIntegerField()
    calls = models.PositiveIntegerField()
    errors = models.PositiveIntegerField()
    slow = models.PositiveIntegerField()
    told_at = models.FloatField()  # seconds, by the clock of the database: those of hosts differ

    class Meta:
        constraints = [models.UniqueConstraint(fields=["switch", "process"], name="switches_felt_once")]

    def __str__(self) -> str:
        return f"{self.switch} in {self.process}"
