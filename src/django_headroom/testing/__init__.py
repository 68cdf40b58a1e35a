"""What a test can see of its databases: queries counted and shown, replicas that behave, nothing left behind."""

from django_headroom.testing.counting import (
    BudgetExceeded,
    QueryCounts,
    assertQueryCount,
    queries_counted,
    query_budget,
)
from django_headroom.testing.dumping import Spent, Statement
from django_headroom.testing.freezing import replica_lag
from django_headroom.testing.leaks import Leaked, NothingLeft, nothing_left
from django_headroom.testing.plans import rows_touched, scans
from django_headroom.testing.replicas import ReadOnlyAlias
from django_headroom.testing.runner import HeadroomRunner
from django_headroom.testing.statements import around_every_statement

__all__ = [
    "BudgetExceeded",
    "HeadroomRunner",
    "Leaked",
    "NothingLeft",
    "QueryCounts",
    "ReadOnlyAlias",
    "Spent",
    "Statement",
    "around_every_statement",
    "assertQueryCount",
    "nothing_left",
    "queries_counted",
    "query_budget",
    "replica_lag",
    "rows_touched",
    "scans",
]
