"""Which rows are no longer at the number at which they were read: one statement for any number of them."""

import json
from collections.abc import Mapping

from django.db import connections, models

_KNOWN = {"postgresql": "json_each_text(%s::json)", "sqlite": "json_each(%s)"}
_OTHERS = (
    "SELECT known.key FROM {known} AS known LEFT JOIN {table} AS kept ON kept.id = CAST(known.key AS bigint) "
    "WHERE kept.{column} IS NULL OR kept.{column} <> CAST(known.value AS bigint)"
)


def changed_since(
    known: Mapping[int, int], model: type[models.Model], column: str, *, alias: str
) -> set[int]:
    """Of rows whose number is known by their ids those that have another one, or are gone."""
    if not known:
        return set()
    connection = connections[alias]
    statement = _OTHERS.format(known=_KNOWN[connection.vendor], table=model._meta.db_table, column=column)
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(known, separators=(",", ":"))])
        return {int(key) for (key,) in cursor.fetchall()}
