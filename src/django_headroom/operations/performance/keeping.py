"""Writes down what was summed, aside from any request; folds minutes into hours, and lets go of what is a week old."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError, connections, models, router, transaction
from django.db.models.functions import TruncHour
from django.utils import timezone

from django_headroom.connections.patience import answered_within
from django_headroom.operations.performance import sums
from django_headroom.operations.performance.histograms import COLUMNS
from django_headroom.operations.performance.models import Cost, Gauge, SlowCost, Statement
from django_headroom.operations.performance.wording import masked

MINUTES_KEPT, ALL_KEPT = timedelta(days=1), timedelta(days=7)
NUMBERS = (
    *("n", "errors", "stale", "wall_ms", "cpu_ms", "queries", "db_ms", "calls", "calls_ms"),
    *("cache_hits", "cache_misses"),
    *COLUMNS,
)
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
PLAN_SECONDS, PLAN_LONGEST = 2.0, 20_000


def flush() -> None:
    """Write down what this process has summed, in one transaction.

    Raises:
        DatabaseError: the database cannot be written; the sums wait for the next time.
    """
    taken = sums.take()
    if not (taken.costs or taken.slow):
        return
    alias = router.db_for_write(Cost)
    try:
        with transaction.atomic(using=alias):
            add_rows(Cost, [_cost(keys, amounts) for keys, amounts in taken.costs.items()], using=alias)
            new = _add_slow(taken, alias)
    except DatabaseError:
        sums.give_back(taken)
        raise
    for statement in new:
        sample = taken.samples.get((statement.database, statement.wording))
        if sample is not None and (plan := plan_of(statement.database, sample)):
            Statement.objects.using(alias).filter(pk=statement.pk).update(plan=plan)


class Read(NamedTuple):
    """A reading of something that goes up and down: of what, how much, and of which of several."""

    name: str
    value: float
    label: str = ""


def gauge(name: str, value: float, label: str = "", *, at: datetime | None = None) -> None:
    """Keep a reading.

    Args:
        name, label: of what, and of which of several: "replica lag", "p1_replica_1".
        at: when; now by default.
    """
    gauges([Read(name, value, label)], at=at)


def gauges(found: Iterable[Read], *, at: datetime | None = None) -> None:
    """Keep any number of readings, in one transaction."""
    minute = (at or timezone.now()).replace(second=0, microsecond=0)
    rows = [
        {"at": minute, "name": each.name, "label": each.label, "n": 1, "total": each.value} for each in found
    ]
    alias = router.db_for_write(Gauge)
    with transaction.atomic(using=alias):
        add_rows(Gauge, rows, using=alias)


def trim(now: datetime | None = None) -> None:
    """Fold minutes that are a day old into their hours, and delete what is a week old. To be run now and then."""
    now = now or timezone.now()
    alias = router.db_for_write(Cost)
    with transaction.atomic(using=alias):
        old = Cost.objects.using(alias).filter(seconds=sums.MINUTE, at__lt=now - MINUTES_KEPT)
        hours = old.annotate(hour=TruncHour("at")).values("hour", "kind", "route", "release")
        summed = list(hours.annotate(**{f"sum_{name}": models.Sum(name) for name in NUMBERS}).order_by())
        add_rows(Cost, [_folded(row) for row in summed], using=alias)
        old.delete()
        for model in (Cost, SlowCost, Gauge):
            model.objects.using(alias).filter(at__lt=now - ALL_KEPT).delete()


def plan_of(alias: str, sample: sums.Sample) -> str:
    """How the database goes about a statement, without values; nothing where it does not say."""
    if not sample.sql.lstrip("( ").upper().startswith(EXPLAINED) or sample.params is None:
        return ""
    connection = connections[alias]
    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    try:
        with answered_within(PLAN_SECONDS), connection.cursor() as cursor:
            cursor.execute(f"{word} {sample.sql}", sample.params)
            lines = [str(row[-1]) for row in cursor.fetchall()]
    except DatabaseError:
        return ""
    return masked("\n".join(lines))[:PLAN_LONGEST]


def _cost(keys: sums.Keys, amounts: dict[str, float]) -> dict[str, Any]:
    named = dict(zip(("at", "kind", "route", "release"), keys, strict=True))
    return {**named, "seconds": sums.MINUTE, **{name: amounts.get(name, 0) for name in NUMBERS}}


def _folded(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"at": row["hour"], "seconds": sums.HOUR}
    keys |= {name: row[name] for name in ("kind", "route", "release")}
    return {**keys, **{name: row[f"sum_{name}"] for name in NUMBERS}}


def _add_slow(taken: sums.Waiting, alias: str) -> list[Statement]:
    """Add the slow statements; gives those that are new."""
    prints = {(keys[1], sums.fingerprint(keys[4])): keys for keys in taken.slow}
    known = _known(prints, alias)
    new = [
        Statement(database=database, fingerprint=found, wording=keys[4], first_release=keys[3])
        for (database, found), keys in prints.items()
        if (database, found) not in known
    ]
    Statement.objects.using(alias).bulk_create(new, ignore_conflicts=True)
    if new:
        known = _known(prints, alias)
    rows = []
    for (at, database, route, release, wording, place), amounts in taken.slow.items():
        statement = known[database, sums.fingerprint(wording)]
        keys = {"statement_id": statement.pk, "at": at, "release": release, "route": route, "place": place}
        numbers = {name: amounts.get(name, 0) for name in ("n", "failed", "ms", "worst_ms", *COLUMNS)}
        rows.append({**keys, **numbers})
    add_rows(SlowCost, rows, using=alias)
    return [known[each.database, each.fingerprint] for each in new]


def _known(prints: dict[tuple[str, str], Any], alias: str) -> dict[tuple[str, str], Statement]:
    found = Statement.objects.using(alias).filter(fingerprint__in=[each[1] for each in prints])
    return {(each.database, each.fingerprint): each for each in found}


def add_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]], *, using: str) -> None:
    """Insert rows, or add their numbers to those that are there with the same keys; of ``worst…`` the larger stays.

    Args:
        rows: all with the same fields, by ``attname``; the keys are those of the model's unique constraint.
    """
    given = list(rows)
    if not given:
        return
    connection, quote = connections[using], connections[using].ops.quote_name
    table = quote(model._meta.db_table)
    fields: list[Any] = [model._meta.get_field(name.removesuffix("_id")) for name in given[0]]
    keys = set(_keys(model))
    columns = [quote(field.column) for field in fields]
    raised = [
        _raised(table, column, field.name)
        for field, column in zip(fields, columns, strict=True)
        if field.name not in keys
    ]
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT "
        f"({', '.join(column for field, column in zip(fields, columns, strict=True) if field.name in keys)}) "
        f"DO UPDATE SET {', '.join(raised)}"
    )
    written = [
        [field.get_db_prep_save(row[name], connection) for field, name in zip(fields, row, strict=True)]
        for row in given
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, written)


def _keys(model: type[models.Model]) -> tuple[str, ...]:
    (one,) = [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    return tuple(one.fields)


def _raised(table: str, column: str, name: str) -> str:
    ours, given = f"{table}.{column}", f"EXCLUDED.{column}"
    if name.startswith("worst"):
        return f"{column} = CASE WHEN {given} > {ours} THEN {given} ELSE {ours} END"
    return f"{column} = {ours} + {given}"
