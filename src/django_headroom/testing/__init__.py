"""What a test can see of its databases: queries counted, replicas that behave, nothing left behind."""

from django_headroom.testing.calls import HostRefused, only_hosts
from django_headroom.testing.clock import Clock, frozen_time
from django_headroom.testing.counting import (
    BudgetExceeded,
    QueryCounts,
    assertQueryCount,
    queries_counted,
    query_budget,
)
from django_headroom.testing.dumping import Call, Spent, Statement
from django_headroom.testing.freezing import replica_lag
from django_headroom.testing.leaks import Leaked, NothingLeft, nothing_left
from django_headroom.testing.plans import rows_touched, scans
from django_headroom.testing.replicas import ReadOnlyAlias
from django_headroom.testing.routes import RouteBudgets, route_budgets
from django_headroom.testing.runner import HeadroomRunner
from django_headroom.testing.statements import around_every_statement

__all__ = [
    "BudgetExceeded",
    "Call",
    "Clock",
    "HeadroomRunner",
    "HostRefused",
    "Leaked",
    "NothingLeft",
    "QueryCounts",
    "ReadOnlyAlias",
    "RouteBudgets",
    "Spent",
    "Statement",
    "around_every_statement",
    "assertQueryCount",
    "frozen_time",
    "nothing_left",
    "only_hosts",
    "queries_counted",
    "query_budget",
    "replica_lag",
    "route_budgets",
    "rows_touched",
    "scans",
]
