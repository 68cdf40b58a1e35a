"""``flush()``: bring into the databases what buffered counters have written down, each increment once.

The file gets a name of its own; then each database takes its part in, with that name, in one transaction; then the file
is removed. Killed on any line, the next flush goes on: a database that knows the name has had its part.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from django_headroom.counters import journal
from django_headroom.counters.adding import add_in_order
from django_headroom.counters.gathering import buffer_folder, write_down
from django_headroom.counters.journal import Place
from django_headroom.counters.models import Flushed
from django_headroom.transactions import outside_transaction, writing

logger = logging.getLogger(__name__)


@outside_transaction("Flushing counters")
def flush() -> int:
    """Bring in what was counted on this machine; to be called every few seconds, by one process or by several.

    Returns:
        How many rows were changed; 0 also where another process is at it.

    Raises:
        TransactionHeld: a transaction is open; each database gets one of its own here.
        OperationalError: a database cannot be reached; its part waits for the next call.
    """
    write_down()
    folder = buffer_folder()
    if folder is None:
        return 0
    with journal.turn(folder, wait=False) as is_ours:
        if not is_ours:
            return 0
        journal.move_aside(folder)
        return sum(_take_in(batch, file) for batch, file in journal.moved(folder).items())


@contextmanager
def unflushed(*, wait: bool) -> Iterator[Counter[Place]]:
    """What this machine has not brought in yet, by place; with ``wait`` nobody does so during the block."""
    write_down()
    folder = buffer_folder()
    if folder is None:
        yield Counter()
        return
    with journal.turn(folder, wait=wait):
        files = [file for batch, file in journal.moved(folder).items() if not _is_known(batch, file)]
        yield journal.sums([*files, folder / journal.LIVE])


def _take_in(batch: UUID, file: Path) -> int:
    by_alias: dict[str, dict[tuple[str, str], dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for place, by in journal.sums([file]).items():
        by_alias[place.alias][place.model, place.column][place.pk] = by
    changed = sum(_take_in_at(alias, batch, by_alias[alias]) for alias in sorted(by_alias))
    journal.remove(file)
    for alias in by_alias:  # after the file: no file, no second time
        Flushed.objects.using(alias).filter(batch=batch).delete()
    return changed


def _take_in_at(alias: str, batch: UUID, by_column: Mapping[tuple[str, str], Mapping[int, int]]) -> int:
    with writing(alias):
        _, is_first = Flushed.objects.using(alias).get_or_create(batch=batch)
        if not is_first:
            return 0
        for (label, column), amounts in sorted(by_column.items()):
            try:
                model = apps.get_model(label)
                model._meta.get_field(column)
            except (LookupError, FieldDoesNotExist):
                logger.error("%s.%s is counted no more: %s rows are left out.", label, column, len(amounts))
                continue
            add_in_order(model, column, amounts, using=alias)
    return sum(len(amounts) for amounts in by_column.values())


def _is_known(batch: UUID, file: Path) -> bool:
    """Whether the databases have had it: its flush was killed before the file could go."""
    aliases = {place.alias for place in journal.sums([file])}
    return all(Flushed.objects.using(alias).filter(batch=batch).exists() for alias in aliases)
