"""Indexes that models declare and a database does not have: dropped by hand, or left out by a broken migration."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, models, router

from django_headroom.operations.performance.indexes.findings import Finding


def missing_indexes(alias: str) -> list[Finding]:
    """What is declared for the tables of a database, and is not there; of both kinds of database.

    Indexes that only a migration's own SQL makes are not known here.

    >>> missing_indexes("p1")
    []
    """
    found: list[Finding] = []
    with connections[alias].cursor() as cursor:
        tables = set(connections[alias].introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            options = model._meta
            if not options.managed or options.proxy or not router.allow_migrate_model(alias, model):
                continue
            if options.db_table not in tables:
                found.append(_finding(alias, options.db_table, "the table itself"))
                continue
            there = connections[alias].introspection.get_constraints(cursor, options.db_table)
            indexes = {name: each for name, each in there.items() if each["index"] or each["unique"]}
            columns = {tuple(each["columns"]) for each in [*indexes.values(), *_keys(there)]}
            found += [_finding(alias, options.db_table, each) for each in _named(model, indexes)]
            found += [_finding(alias, options.db_table, each) for each in _of_fields(model, columns)]
    return found


def _finding(alias: str, table: str, declared: str) -> Finding:
    return Finding(
        "missing",
        alias,
        table,
        declared,
        "declared by the model; make it anew, CONCURRENTLY where there is use",
    )


def _keys(there: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in there.values() if each["primary_key"]]


def _named(model: type[models.Model], indexes: dict[str, Any]) -> Iterator[str]:
    """Those that have a name of their own."""
    unique = [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    for each in [*model._meta.indexes, *unique]:
        if each.name not in indexes:
            columns = [model._meta.get_field(name.lstrip("-")).column for name in each.fields]  # type: ignore[union-attr]
            yield f"{each.name} ({', '.join(map(str, columns)) or 'an expression'})"


def _of_fields(model: type[models.Model], columns: set[tuple[str, ...]]) -> Iterator[str]:
    """Those that a field asks for, whatever they are called."""
    for field in model._meta.local_fields:
        wants_one = (getattr(field, "db_index", False) or field.unique) and not field.primary_key
        if wants_one and (str(field.column),) not in columns:
            yield f"({field.column})"
    for together in model._meta.unique_together:
        wanted = tuple(str(model._meta.get_field(name).column) for name in together)  # type: ignore[union-attr]
        if wanted not in columns:
            yield f"({', '.join(wanted)})"
