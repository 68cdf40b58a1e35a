"""Rows asked of the databases by their keys: one query for each in which some are, however many."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connections

from django_headroom import ids, replicas
from django_headroom.caching.rows.coding import NotKeepable
from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.homes import home_of
from django_headroom.joins.prefetching import chunks
from django_headroom.partitions import partition_of
from django_headroom.updates import as_python


class Found(NamedTuple):
    """What one database says of a key."""

    values: Sequence[Any] | None
    """None: it knows nothing of it."""
    is_here: bool
    """Otherwise the row has left, and the values are only whose it is."""
    primary: str
    copy: str
    """The copy that was asked: the primary, or a replica."""


def homes_of(model: Any) -> Sequence[str]:
    """The databases in which a model has rows.

    Raises:
        NotKeepable: it has rows of its own in each, so that a key names several.
    """
    home = home_of(model)
    if home == EVERYWHERE:
        raise NotKeepable(f"{model.__name__} has a table in every database: its keys name no row.")
    return headroom().partitions if home == PARTITIONED else (home,)


def find(model: Any, columns: Sequence[Any], keys: Collection[Any]) -> dict[Any, Found]:
    """What the databases say of keys. A row is asked for where it was born, and, if it left, where it went.

    Args:
        columns: fields of the model, the primary key first; of a partitioned model the tenant's is one of them.
    """
    if home_of(model) != PARTITIONED:
        return _read(home_of(model), model, columns, keys)
    tenant = [column.attname for column in columns].index(model.partition_key)
    found: dict[Any, Found] = {}
    gone: dict[str, list[Any]] = defaultdict(list)
    for born, those in _by_birthplace(keys).items():
        for key, each in _read(born, model, columns, those).items():
            tenant_id = each.values[tenant] if each.values else None
            place = partition_of(int(tenant_id)) if tenant_id is not None else born
            if place != born:
                gone[place].append(key)
            else:
                found[key] = each._replace(values=each.values if each.is_here else None)
    for place, those in gone.items():
        there = _read(place, model, columns, those)
        found.update({key: each for key, each in there.items() if each.is_here})
    return found


def _by_birthplace(keys: Iterable[Any]) -> dict[str, list[Any]]:
    """Keys that no database can have given are left out."""
    born: dict[str, list[Any]] = defaultdict(list)
    for key in keys:
        try:
            born[ids.birthplace(key)].append(key)
        except ids.UnknownSlot:
            continue
    return born


def _read(primary: str, model: Any, columns: Sequence[Any], keys: Collection[Any]) -> dict[Any, Found]:
    found: dict[Any, Found] = {}
    for chunk in chunks(keys):

        def reading(alias: str, asked: list[Any] = chunk) -> tuple[str, dict[Any, Sequence[Any]]]:
            return alias, dict(_asked(alias, model, columns, asked))

        def is_whole(read: tuple[str, dict[Any, Any]], asked: list[Any] = chunk) -> bool:
            return len(read[1]) == len(asked)  # one that is missing on a replica may be too new for it

        copy, rows = replicas.read(primary, reading, enough=is_whole)
        for key in chunk:
            values = rows.get(key)
            found[key] = Found(values and values[:-1], bool(values and values[-1]), primary, copy)
    return found


def _asked(alias: str, model: Any, columns: Sequence[Any], keys: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Key and values, and whether the row is here; of one that left there is the tenant's id and nothing else."""
    tenant = getattr(model, "partition_key", None)
    if tenant is None:
        names = [column.attname for column in columns]
        for values in model._base_manager.using(alias).filter(pk__in=keys).values_list(*names):
            yield values[0], (*values, True)
        return
    connection = connections[alias]
    quote, marks = connection.ops.quote_name, ", ".join(["%s"] * len(keys))
    here = ", ".join(quote(column.column) for column in columns)
    table, key = model._meta.db_table, quote(columns[0].column)
    gone = ", ".join("tenant_id" if column.attname == tenant else "NULL" for column in columns[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {here}, 1 FROM {quote(table)} WHERE {key} IN ({marks})"
            f" UNION ALL SELECT id, {gone}, 0 FROM headroom_departed WHERE name = %s AND id IN ({marks})",
            [*keys, table, *keys],
        )
        rows = sorted(
            cursor.fetchall(), key=lambda row: bool(row[-1])
        )  # where a row is, its word is an old one
    for row in rows:
        values = [as_python(column, value, connection) for column, value in zip(columns, row, strict=False)]
        yield row[0], (*values, row[-1])
