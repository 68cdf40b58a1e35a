"""Query budgets: how many queries a block may cost, over all databases, with the queries shown when it costs more."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connections


@dataclass
class Spent:
    """What a block cost: the statements by database alias, in order."""

    by_alias: dict[str, list[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of statements, transactions' own words left out."""
        return sum(len(statements) for statements in self.by_alias.values())

    def __str__(self) -> str:
        return "\n".join(
            f"{alias}: {sql}" for alias, statements in self.by_alias.items() for sql in statements
        )


class BudgetExceeded(AssertionError):
    """A block that cost more queries than it may."""


@contextmanager
def query_budget(at_most: int) -> Iterator[Spent]:
    """Fail if the block sends more than ``at_most`` statements to all databases together.

    >>> with query_budget(6):
    ...     client.get("/embed/comments/?f=gazette&t_i=bread")
    """
    with queries_counted() as spent:
        yield spent
    if spent.count > at_most:
        raise BudgetExceeded(f"{spent.count} queries, {at_most} allowed:\n{spent}")


@contextmanager
def queries_counted() -> Iterator[Spent]:
    """Count the statements that this thread sends in a block; nothing is connected to for the counting."""
    spent = Spent()
    with ExitStack() as stack:
        for each in connections.all():
            statements = spent.by_alias.setdefault(each.alias, [])
            stack.enter_context(each.execute_wrapper(partial(_note, statements)))
        yield spent


def _note(statements: list[str], execute: Any, *call: Any) -> Any:
    sql, params, many, context = call
    try:
        return execute(*call)
    finally:
        if sql.split(" ")[0].rstrip(";") not in ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"):
            written = context["connection"].ops.last_executed_query
            sent = None if many else written(context["cursor"].cursor, sql, params)
            statements.append(sent or sql)


def rows_touched(spent: Spent, alias: str) -> int:
    """How many rows PostgreSQL reads for the SELECTs of a block, those it then drops included, by EXPLAIN ANALYZE.

    >>> with queries_counted() as spent:
    ...     client.get("/embed/comments/?f=gazette&t_i=bread")
    >>> assert rows_touched(spent, "p1") <= 200
    """
    touched = 0
    for sql in spent.by_alias[alias]:
        if sql.startswith("SELECT"):
            with connections[alias].cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
                touched += _rows_of(cursor.fetchone()[0][0]["Plan"])
    return touched


def _rows_of(plan: dict[str, Any]) -> int:
    below = sum(_rows_of(each) for each in plan.get("Plans", ()))
    if "Relation Name" not in plan:
        return below
    dropped = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    rows: int = round((plan["Actual Rows"] + dropped) * plan["Actual Loops"])
    return below + rows


def scans(spent: Spent, alias: str) -> list[str]:
    """The steps in which SQLite walks a whole table for the SELECTs of a block, by EXPLAIN QUERY PLAN."""
    found: list[str] = []
    for sql in spent.by_alias[alias]:
        if sql.startswith("SELECT"):
            with connections[alias].cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                steps = [row[3] for row in cursor.fetchall()]
            found += [step for step in steps if step.startswith("SCAN ") and "USING" not in step]
    return found
