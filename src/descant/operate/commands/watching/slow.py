"""`descant slow`: the statements that took too long, from the dearest on, and which of them are new."""

import argparse
from datetime import timedelta

from django.db import connections
from django.utils import timezone

from descant.operate.commands import CommandFailed
from django_headroom.operations.performance.slow import SlowStatement, slow_statements

NAME = "slow"
HELP = "which statements took too long, from where; which are new since the last release"
PLACES_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("database", nargs="?", default="", help="such as p1 or p1_replica_1; by default all")
    parser.add_argument("--days", type=float, default=1.0, help="how far back, at most 7 (default: 1)")
    parser.add_argument("--new", action="store_true", help="only what is new; exit code 1 if anything is")
    parser.add_argument("--most", type=int, default=20, help="how many (default: 20)")


def run(options: argparse.Namespace) -> int:
    if options.database and options.database not in connections:
        raise CommandFailed(f"there is no database {options.database!r}; there are {', '.join(connections)}.")
    found = slow_statements(timezone.now() - timedelta(days=options.days), database=options.database)
    shown = [slow for slow in found if slow.is_new or not options.new]
    for slow in shown[: options.most]:
        print(written(slow))
    if not shown:
        print("No statement was slow." if not options.new else "No statement is newly slow.")
    return 1 if options.new and shown else 0


def written(slow: SlowStatement) -> str:
    """A statement, in a few lines of text."""
    kept = slow.statement
    failed = f", {slow.failed} failed" if slow.failed else ""
    head = (
        f"{'NEW ' if slow.is_new else ''}{kept.database}: {slow.n} times{failed}, {slow.ms / 1000:.1f} s in all, "
        f"p95 {slow.p95_ms:.0f} ms, worst {slow.worst_ms:.0f} ms, "
        f"first {kept.first_at:%Y-%m-%d %H:%M} in {kept.first_release or 'no release'}"
    )
    often = sorted(slow.places.items(), key=lambda each: (-each[1], each[0]))
    places = [f"    {n} from {place}, {route}" for (route, place), n in often[:PLACES_SHOWN]]
    plan = [f"    | {line}" for line in kept.plan.splitlines()]
    return "\n".join([head, f"    {kept.wording}", *places, *plan, ""])
