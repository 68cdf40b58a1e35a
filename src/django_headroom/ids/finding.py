"""A row by its id alone: the id tells where it was born, and rows that left leave word there of whose they are."""

from typing import Any

from django.db import connections
from django.utils.module_loading import import_string

from django_headroom.conf import headroom
from django_headroom.ids.slots import STEP, slot_of


class UnknownSlot(LookupError):
    """An id that no database of the settings can have given."""


def birthplace(key: int) -> str:
    """The alias of the database in which a row was born, told from its id alone, without a query.

    It may have moved since: ``find`` finds it.

    Raises:
        UnknownSlot: no database has the slot.

    >>> birthplace(2050)
    'p2'
    """
    born = key % STEP if 0 < key < 2**63 else 0
    for alias, slot in headroom().slots.items():
        if slot == born:
            return alias
    raise UnknownSlot(
        f"No database has slot {born}, so none gave the id {key}: if its partition was retired, keep its "
        f"database in HEADROOM['SLOTS'], as its rows left word there."
    )


def find(model: type[Any], key: int) -> Any:
    """The row with this id, wherever it is now: one query where it was born, and one more if its tenant moved.

    Args:
        model: a partitioned model, with a ``partition_key``.
        key: its id; nothing else need be known.

    Raises:
        DoesNotExist: the model's own; no database has such a row.

    >>> find(Comment, 2050)
    <Comment: comment 2050>
    """
    try:
        born = birthplace(key)
    except UnknownSlot as unknown:
        raise model.DoesNotExist(f"{unknown}") from unknown
    row = _row_or_word(model, key, born)
    left_for = vars(row).pop("left_for")
    tenant_id = getattr(row, _tenant_of(model)) or left_for
    alias = _directory(tenant_id) if tenant_id else born
    if alias == born:
        if row.pk is None:
            raise model.DoesNotExist(f"No {model.__name__} has the id {key}.")
        return row
    return model._base_manager.using(alias).get(pk=key)


def leave_word(alias: str, model: type[Any], tenant_id: int, *, after: int = 0, upto: int = 2**63 - 1) -> int:
    """Before a tenant's rows leave a database: write down, for those that were born there, whose they are.

    May be done while the rows are in use, in any number of steps, and again: as long as the directory says that the
    tenant lives here, ``find`` finds her rows here.

    Args:
        after, upto: only rows with ids above the one and up to the other.

    Returns:
        How many rows left word.

    >>> leave_word("p1", Comment, gazette.pk, upto=1_024_000)
    1000
    """
    connection = connections[alias]
    quote = connection.ops.quote_name
    tenant = quote(model._meta.get_field(_tenant_of(model)).column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO headroom_departed (name, id, tenant_id) SELECT %s, id, {tenant}"
            f" FROM {quote(model._meta.db_table)}"
            f" WHERE {tenant} = %s AND id > %s AND id <= %s AND id %% {STEP} = {slot_of(alias)}"
            " ON CONFLICT (name, id) DO UPDATE SET tenant_id = excluded.tenant_id",
            [model._meta.db_table, tenant_id, after, upto],
        )
        return int(cursor.rowcount)


def _row_or_word(model: type[Any], key: int, alias: str) -> Any:
    """In one query: the row, all empty if it is not here, and as ``left_for`` the tenant of one that left.

    A row that stands here although its tenant moved was not swept yet; the directory tells.
    """
    quote = connections[alias].ops.quote_name
    columns = ", ".join(f"here.{quote(field.column)}" for field in model._meta.local_concrete_fields)
    found = model._base_manager.using(alias).raw(
        f"SELECT {columns}, gone.tenant_id AS left_for FROM (SELECT CAST(%s AS bigint) AS id) AS asked"
        f" LEFT JOIN {quote(model._meta.db_table)} AS here ON here.id = asked.id"
        " LEFT JOIN headroom_departed AS gone ON gone.id = asked.id AND gone.name = %s",
        [key, model._meta.db_table],
    )
    return found[0]


def _tenant_of(model: Any) -> str:
    name: str = model.partition_key
    return name


def _directory(tenant_id: Any) -> str:
    alias: str = import_string(headroom().directory)(int(tenant_id))
    return alias
