"""The three kinds of counters; each is declared once, for one whole-number column of a model.

After the talk's "great for things like counters" (slide 27).
"""

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction
from django.db.models import Sum

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.counters import journal
from django_headroom.counters.adding import add_in_order
from django_headroom.counters.flushing import flush, unflushed
from django_headroom.counters.gathering import gather, put
from django_headroom.counters.models import Slot
from django_headroom.homes import home_of, primary_of
from django_headroom.transactions import outside_transaction, writing
from django_headroom.updates import step
from django_headroom.updates.rows import alias_of

logger = logging.getLogger(__name__)

Truth = Callable[[str, Sequence[int]], Mapping[int, int]]


@dataclass(frozen=True)
class Drift:
    """A row whose counter said something else than the truth."""

    pk: int
    counted: int
    true: int


class _Kind:
    """What all three have in common."""

    def __init__(self, model: str, column: str) -> None:
        self.label, self.column = model, column

    def __str__(self) -> str:
        return f"{self.label}.{self.column}"

    @property
    def model(self) -> type[models.Model]:
        """The model that is counted in; known once Django has started."""
        return apps.get_model(self.label)

    def add(self, row: models.Model | int, by: int = 1, *, using: str = "") -> None:
        """Count ``by`` more, or fewer.

        Args:
            row: an object, or its key.
            using: the database, where ``row`` is a key and the model lives in more than one.

        Raises:
            ValueError: the row has not been saved, or is a key that may be in several databases.
        """
        self.add_many({_key(row): by}, using=using or self._alias_of(row))

    def add_many(self, amounts: Mapping[int, int], *, using: str) -> None:
        """Count for many rows, key -> how much; in the order of the keys, so that no two wait for each other."""
        raise NotImplementedError

    def value(self, row: models.Model | int, *, using: str = "") -> int:
        """The number now; 0 for a row that is gone."""
        alias, key = using or self._alias_of(row), _key(row)
        return self._counted([key], alias, lock=False).get(key, 0)

    def recount(self, keys: Sequence[int], *, truth: Truth, using: str) -> list[Drift]:
        """Compare with the truth, and repair; to be called for some hundred rows at a time.

        The difference is added, so what is counted meanwhile stays counted.

        Args:
            keys: of the rows to look at.
            truth: given the alias and the keys, the right numbers by key; a key that is missing has 0. It is asked
                while the rows are held, in the same transaction.

        Returns:
            What was wrong, and is right now; it stands in the log as well.

        >>> shown.recount(keys, truth=count_shown, using="p1")
        [Drift(pk=7, counted=3, true=4)]
        """
        with self._held_still(), writing(using) as alias:
            counted = self._counted(sorted(keys), alias, lock=True)
            right = truth(alias, list(counted))
            drifts = [Drift(key, was, right.get(key, 0)) for key, was in counted.items()]
            drifts = [drift for drift in drifts if drift.counted != drift.true]
            repairs = {drift.pk: drift.true - drift.counted for drift in drifts}
            add_in_order(self.model, self.column, repairs, using=alias)
        for drift in drifts:
            logger.warning("%s of %s was %s and is %s.", self, drift.pk, drift.counted, drift.true)
        return drifts

    def _held_still(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def _counted(self, keys: Sequence[int], alias: str, *, lock: bool) -> dict[int, int]:
        rows = self.model._base_manager.using(alias).filter(pk__in=keys).order_by("pk")
        return dict((rows.select_for_update() if lock else rows).values_list("pk", self.column))

    def _alias_of(self, row: models.Model | int) -> str:
        if isinstance(row, models.Model):
            return alias_of(row)
        home = home_of(self.model._meta.app_label)
        if home in (PARTITIONED, EVERYWHERE):
            raise ValueError(f"{self} lives in several databases: name one, as in add({row}, using='p1').")
        return home


class Exact(_Kind):
    """Adds in the transaction of the caller: right at each moment, and everybody waits for one row.

    An object takes the new number over.

    >>> shown = Exact("discussion.Thread", "comments_shown")
    >>> shown.add(thread)
    """

    def add(self, row: models.Model | int, by: int = 1, *, using: str = "") -> None:
        if isinstance(row, models.Model):
            amounts: dict[str, Any] = {self.column: by}
            step(row, **amounts)
        else:
            super().add(row, by, using=using)

    def add_many(self, amounts: Mapping[int, int], *, using: str) -> None:
        with transaction.atomic(using=using, savepoint=False):
            add_in_order(self.model, self.column, amounts, using=using)


class Sharded(_Kind):
    """Adds in the transaction of the caller, to one of several slots drawn by chance: the number is their sum.

    For a row that many transactions count in at once, each of which would wait for the one before it to commit.

    >>> visits = Sharded("shops.Shop", "visits", slots=8)
    """

    def __init__(self, model: str, column: str, *, slots: int = 16) -> None:
        super().__init__(model, column)
        self.slots = slots

    def add_many(self, amounts: Mapping[int, int], *, using: str) -> None:
        slot = random.randrange(self.slots)
        with transaction.atomic(using=using, savepoint=False):
            self._add_to_slots([(key, slot, amounts[key]) for key in sorted(amounts)], using)

    def _counted(self, keys: Sequence[int], alias: str, *, lock: bool) -> dict[int, int]:
        kept = super()._counted(keys, alias, lock=lock)
        if lock:  # adding nothing locks each slot, also one that nobody has used yet
            self._add_to_slots([(key, slot, 0) for key in sorted(kept) for slot in range(self.slots)], alias)
        slots = Slot.objects.using(alias).filter(counter=str(self), row__in=list(kept))
        in_slots = dict(slots.values_list("row").annotate(Sum("amount")).order_by("row"))
        return {key: number + in_slots.get(key, 0) for key, number in kept.items()}

    def _add_to_slots(self, rows: Sequence[tuple[int, int, int]], alias: str) -> None:
        quote = connections[alias].ops.quote_name
        table, row = quote(Slot._meta.db_table), quote("row")
        with connections[alias].cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} (counter, {row}, slot, amount) VALUES (%s, %s, %s, %s) "
                f"ON CONFLICT (counter, {row}, slot) DO UPDATE SET amount = {table}.amount + excluded.amount",
                [(str(self), *each) for each in rows],
            )


class Buffered(_Kind):
    """Adds to a file of this machine, without a query; ``flush()`` brings it into the row some seconds later.

    For what is counted far more often than it is looked at. It is no part of a transaction: what was counted stays
    counted, and an increment outlives the process that made it. Where no file can be written, the row is changed at
    once.

    Args:
        gathered: increments wait in the process for ``HEADROOM["COUNTERS_GATHER_SECONDS"]`` and are written down
            together. One costs a microsecond or two in place of thirty; a process that is killed outright takes
            those that still wait with it.

    >>> uses = Buffered("forums.Key", "uses")
    """

    def __init__(self, model: str, column: str, *, gathered: bool = False) -> None:
        super().__init__(model, column)
        self.gathered = gathered

    def add_many(self, amounts: Mapping[int, int], *, using: str) -> None:
        keep = gather if self.gathered and headroom().counters_folder else put
        keep({self._place(key, using): by for key, by in amounts.items()})

    def _held_still(self) -> AbstractContextManager[Any]:
        """Nothing is brought in meanwhile; before the transaction, for whoever flushes waits for its rows."""
        with ExitStack() as stack:
            stack.enter_context(outside_transaction("Recounting"))
            flush()
            stack.enter_context(unflushed(wait=True))
            return stack.pop_all()

    def _counted(self, keys: Sequence[int], alias: str, *, lock: bool) -> dict[int, int]:
        """With what this machine has not brought in yet; what other machines have is missing."""
        waiting: Counter[journal.Place]
        with unflushed(wait=False) as waiting:
            kept = super()._counted(keys, alias, lock=lock)
            return {key: number + waiting[self._place(key, alias)] for key, number in kept.items()}

    def _place(self, key: int, alias: str) -> journal.Place:
        return journal.Place(primary_of(alias), self.label, self.column, key)


def _key(row: models.Model | int) -> int:
    return row if isinstance(row, int) else int(row.pk)
